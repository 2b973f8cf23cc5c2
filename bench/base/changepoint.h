/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the level of a series changed: binary segmentation with Pettitt's test, which is the rank sum
 * test at the split where it is largest, with a p value that accounts for the search. Ranks, because a
 * single disturbed result is an outlier and no change.
 *
 * Besides the whole segment, intervals within it are looked at (seeded intervals of falling length, half
 * overlapping), so that a level that went up and came back is not missed; alpha is shared among them. Up
 * to 40 values the p value is exact but for being sampled (permutations), above that Pettitt's
 * approximation, which is a little too large. Ten values are the least in which a change can be found.
 *
 * Sources: A. N. Pettitt, "A non-parametric approach to the change-point problem", Applied Statistics
 * 28(2), 1979; S. Kovács et al., "Seeded binary segmentation", Biometrika 110(1), 2023.
 */
#ifndef HVBENCH_CHANGEPOINT_H
#define HVBENCH_CHANGEPOINT_H

#include <stddef.h>

#define CHANGEPOINT_LEAST	10

struct changepoint {
	size_t at;			/* index of the first value of the new level */
	double before, after;		/* medians of the levels on both sides, between their neighbours */
	double p;			/* of Pettitt's test between the neighbours */
};

/*
 * Finds changes whose p is below alpha and that move the level by at least `least` (absolute: for logs
 * of costs log(1.02) is 2 %), in the order of the series. `values` may hold no NaN. *changes is
 * allocated, the caller frees it. -ENOMEM.
 */
int changepoint__find(const double *values, size_t nr, double alpha, double least, struct changepoint **changes,
		      size_t *nr_changes);

#endif
