/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which steps of a sequence make a difference, by measuring as few of its members as possible.
 * Members may turn out not to be measurable; then a step is only known to be one of several.
 */
#ifndef HVBENCH_BISECT_SEARCH_H
#define HVBENCH_BISECT_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#define BISECT_SKIP 1 /* it cannot be measured: it did not build or boot */

struct search {
	size_t nr; /* members; the first and the last are measured already, and differ */
	bool all;  /* every step that differs, instead of one */
	/*
	 * Measures member `i`, of which it was measured before too; `left`: members that may still
	 * be what is looked for. 0, BISECT_SKIP or -errno.
	 */
	int (*measure)(void *data, size_t i, size_t left);
	/* Whether there is a difference to be found between these two, both measured. */
	bool (*differ)(void *data, size_t from, size_t to);
	/* Called for each step found; members between the two could not be measured. */
	int (*found)(void *data, size_t from, size_t to);
	void *data;
};

/*
 * With `all`, a part whose ends are alike is taken to have no steps: ones that cancel each other
 * out within it are not seen. 0 or -errno.
 */
int search__run(const struct search *s);
/* How many members have to be measured to choose among so many. */
unsigned int search__boots(size_t left);

#endif
