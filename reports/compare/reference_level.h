/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the references themselves moved from one run to another. A cell's cost is its reference's
 * cost times their ratio, so each round of each cell says something about the reference: the cost
 * minus the logarithm of the ratio. All cells beside the same reference are combined, round by
 * round, as the median of how far each is from its own median in the base: what one cell hardly
 * shows, a dozen do. The replicate is the round, since whatever was measured at the same time met
 * the same state of the host.
 *
 * The reference "native" is the same operation in a process, and so a different one for each cell.
 */
#ifndef HVBENCH_REFERENCE_LEVEL_H
#define HVBENCH_REFERENCE_LEVEL_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/compare/verdict.h"

struct level {
	const char *label; /* of the reference */
	const char *cell;  /* the only cell it belongs to; NULL: all that are beside
					 * it */
	size_t cells;
	struct figure figure; /* in logarithms; base is 1, and new is what it became */
};

/*
 * One cell's, for base and new: rounds' costs as logarithms of times, and log-ratios of pairs, in
 * their order.
 */
struct level_input {
	const char *label, *cell;
	const double *cost[2], *ratio[2];
	size_t costs[2], ratios[2];
	size_t level; /* out: which of the levels it belongs to */
};

/* *levels is allocated; the caller frees it. The figures are not judged yet. -ENOMEM. */
int levels__find(struct resamples_cache *cache, struct level_input *inputs, size_t nr,
		 struct level **levels, size_t *nr_levels);
/* Among those that have been judged, the operation of a process that moved most; NULL: none did. */
const struct figure *levels__host(const struct level *levels, size_t nr);

#endif
