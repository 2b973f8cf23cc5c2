/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fuzz target has made a document of is written and read again, which must succeed. */
#ifndef HVBENCH_FUZZ_AGAIN_H
#define HVBENCH_FUZZ_AGAIN_H

#include <jansson.h>

#include "bench/result/file.h"
#include "tests/fuzz/input.h"

/* False: the very same document came by a short while ago. */
static inline bool fuzz__read_again(const json_t *doc)
{
	struct error err = { 0 };
	size_t len;
	char *text = result__dump(doc, &len);
	bool known = text && fuzz__is_known(text, len);
	json_t *again = text && !known ? result__parse(text, len, "again", &err) : NULL;

	if (!known && !again) {
		fprintf(stderr, "what was written is refused: %s\n", err.text);
		abort();
	}
	json_decref(again);
	free(text);
	return !known;
}

#endif
