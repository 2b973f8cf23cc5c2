/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the level of a series changed: binary segmentation by the rank sum test, split where its p
 * is least, with a p value that accounts for the search. It uses ranks because a single disturbed
 * result is an outlier, not a change. It compares splits by their p because the sums themselves
 * (Pettitt's test) hardly show a change near an end of the series, and users mostly ask about
 * recent changes. At least three values on a side make a level, and at least ten values in all are
 * needed to find a change.
 *
 * Besides the whole segment, intervals within it are searched (seeded intervals of decreasing
 * length that overlap by half), so that a level that went up and came back is found too; they share
 * half of alpha.
 *
 * Of 4,000 series each of 10 to 1000 values without a change (normal, log-normal, with 3 %
 * outliers, in few steps) at most 1.0 % have one found at alpha 0.01. Of 300 series with a step of
 * six standard deviations it is found and placed, within one value, with three values after it (or
 * before it) in 95 % behind 60 values and 98 % behind 200, with four in 94 % behind 12, with five
 * in 95 % behind 7; with three in 8 to 11 % behind 12 to 40, never behind 9. A change with only two
 * values after it is not found, by design.
 *
 * Sources: H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18(1), 1947; R. Miller
 * and D. Siegmund, "Maximally selected chi square statistics", Biometrics 38(4), 1982 (the p of the
 * search, for ranks B. Lausen and M. Schumacher, Biometrics 48(1), 1992); S. Kovács et al., "Seeded
 * binary segmentation", Biometrika 110(1), 2023.
 */
#ifndef HVBENCH_CHANGEPOINT_H
#define HVBENCH_CHANGEPOINT_H

#include <stddef.h>

#define CHANGEPOINT_LEAST 10

struct changepoint {
	size_t at;	      /* index of the first value of the new level */
	double before, after; /* medians of the levels before and after, as far as the
					 * neighbouring changes */
	double p;	      /* of the search between the neighbouring changes */
};

/*
 * Finds the changes whose p is below alpha and that move the level by at least `least` (absolute:
 * for logarithms of costs log(1.02) is 2 %), in the order of the series. `values` may hold no NaN.
 * *changes is allocated; the caller frees it. -ENOMEM.
 */
int changepoint__find(const double *values, size_t nr, double alpha, double least,
		      struct changepoint **changes, size_t *nr_changes);

#endif
