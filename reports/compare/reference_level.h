/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the references themselves moved from one run to another. A cell's cost is that of its reference times their
 * ratio, so that each round of each cell says something about the reference: its cost less the logarithm of the
 * ratio. All cells beside the same reference are taken together, round by round, as the median of what each of
 * them lies off its own median in the base: what one cell hardly shows, a dozen do. The replicate is the round, since
 * what was measured at the same time has the same weather.
 *
 * The reference "native" is of each cell the same operation in a process, and so another one for each.
 */
#ifndef HVBENCH_REFERENCE_LEVEL_H
#define HVBENCH_REFERENCE_LEVEL_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/compare/verdict.h"

struct level {
	const char *label;		/* of the reference */
	const char *cell;		/* the only one it is of; NULL: of all that are beside it */
	size_t cells;
	struct figure figure;		/* logs; base is 1, and new what that became */
};

/* Of one cell, base and new: costs of rounds as logarithms of times, and log-ratios of pairs, both in their order. */
struct level_input {
	const char *label, *cell;
	const double *cost[2], *ratio[2];
	size_t costs[2], ratios[2];
	size_t level;			/* out: which of the levels is its */
};

/* *levels is allocated, the caller frees it. The figures are not judged yet. -ENOMEM. */
int levels__find(struct level_input *inputs, size_t nr, struct level **levels, size_t *nr_levels);
/* Of those that have been judged, the operation of a process that moved most; NULL: none did. */
const struct figure *levels__host(const struct level *levels, size_t nr);

#endif
