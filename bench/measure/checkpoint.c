/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/measure/checkpoint.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/clock.h"
#include "bench/result/file.h"

#define MAX_LEFT 1000 /* checkpoints of killed runs that are left in place */

void checkpoint__init(struct checkpoint *c, const char *output)
{
	struct stat st;

	*c = (struct checkpoint){ .last_ns =
					  clock__ns() + CHECKPOINT_FIRST_NS - CHECKPOINT_MIN_NS };
	if (!output || !strcmp(output, "-") || (stat(output, &st) == 0 && !S_ISREG(st.st_mode)))
		return;
	for (unsigned int i = 1; i <= MAX_LEFT; i++) {
		char number[16] = "";

		if (i > 1)
			snprintf(number, sizeof(number), ".%u", i);
		if (snprintf(c->path, sizeof(c->path), "%s.partial%s", output, number) >=
		    (int)sizeof(c->path))
			break;
		if (lstat(c->path, &st))
			return;
		fprintf(stderr,
			"hvbench: '%s' is what a run that did not end had measured: 'hvbench "
			"report' shows "
			"it\n",
			c->path);
	}
	c->path[0] = '\0';
}

bool checkpoint__due(const struct checkpoint *c)
{
	uint64_t since = clock__ns() - c->last_ns;

	return c->path[0] && since >= CHECKPOINT_MIN_NS && since >= c->cost_ns * CHECKPOINT_SHARE;
}

void checkpoint__save(struct checkpoint *c, json_t *doc)
{
	uint64_t begin = clock__ns();
	struct error err = { 0 };

	if (!doc || result__save(doc, c->path, &err)) {
		fprintf(stderr, "hvbench: what is measured cannot be kept before the end: %s\n",
			doc ? err.text : "out of memory");
		c->path[0] = '\0';
	} else {
		c->written = true;
	}
	json_decref(doc);
	c->last_ns = clock__ns();
	c->cost_ns = c->last_ns - begin;
}

void checkpoint__end(struct checkpoint *c, bool saved)
{
	if (!c->written)
		return;
	if (saved)
		unlink(c->path);
	else
		fprintf(stderr,
			"hvbench: '%s' has what was measured up to shortly before the end\n",
			c->path);
	c->written = false;
}
