// SPDX-License-Identifier: GPL-2.0-or-later
/* The document itself, in the form in which it is saved. */
#include <errno.h>
#include <stdlib.h>

#include "bench/result/file.h"
#include "reports/formats/report.h"

static int render(const json_t *doc, FILE *out, const struct report_options *opts)
{
	size_t len, written;
	char *text = result__dump(doc, &len);

	(void)opts;
	if (!text)
		return -ENOMEM;
	errno = 0;
	written = fwrite(text, 1, len, out);
	free(text);
	return written < len || fflush(out) ? -(errno ?: EIO) : 0;
}

const struct renderer renderer_json = {
	.name = "json", .what = "the whole result document", .render = render,
};
