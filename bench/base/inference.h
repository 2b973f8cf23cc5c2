/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inference: do two sets of values differ, by how much, and how many values would tell?
 *
 * The tests are two-sided and by ranks, so that neither the distribution nor an outlier matters, only
 * that the values are independent: medians of rounds are, samples of one round are not. NaN stands for
 * "not measured" and is left out; infinities are numbers.
 *
 * What is random here is drawn from a seed: the same values give the same figures everywhere.
 */
#ifndef HVBENCH_INFERENCE_H
#define HVBENCH_INFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rank_test {
	double statistic;	/* U of the first sample; W+ of the differences */
	double p;		/* two-sided; 1 where there is nothing to compare */
	bool exact;		/* p counts all arrangements; else normal with continuity correction */
	size_t n, m;		/* values used; m is 0 for the signed rank test */
};

/*
 * Mann and Whitney's U (Wilcoxon's rank sum). Exact with no ties and both sizes below 50, else the
 * normal approximation with corrections for ties and continuity: R's wilcox.test() decides likewise.
 * -ENOMEM.
 */
int inference__mann_whitney(const double *x, size_t n, const double *y, size_t m, struct rank_test *t);
/* P(U <= u) for n and m values without ties, u being less than half of n * m; of time n * u. -ENOMEM. */
int inference__rank_sum_tail(size_t n, size_t m, size_t u, double *p);
/* Wilcoxon's signed rank test that `d` is symmetric about 0. Zeros are dropped (then it is never exact,
 * as in R). -ENOMEM. */
int inference__signed_rank(const double *d, size_t n, struct rank_test *t);

/*
 * Holm's step-down correction: adjusted[i] < alpha for all that may be called at a family-wise error
 * rate of alpha. NaN stays NaN and does not count. `p` and `adjusted` may be the same. -ENOMEM.
 */
int inference__holm(const double *p, size_t nr, double *adjusted);

struct shift {
	double value;		/* of the two medians: y - x, y / x - 1, or log(y / x) */
	double low, high;	/* bootstrap interval; NAN with fewer than two values on a side */
};

enum shift_kind { SHIFT_DIFFERENCE, SHIFT_RATIO, SHIFT_LOG };

/*
 * Percentile bootstrap of the shift between two medians. Its measured coverage, at a nominal 95 %, is in
 * tests/unit/base/test_inference.c. SHIFT_RATIO needs a median of x that is not 0, SHIFT_LOG positive ones, else
 * the shift is NAN. -ENOMEM.
 */
int inference__median_shift(const double *x, size_t n, const double *y, size_t m, enum shift_kind kind,
			    double level, uint64_t seed, struct shift *shift);

/*
 * How much wider a median of these varies than one of as many independent values, from their rank
 * correlation with their successors: 1 and more, since a negative one is not believed.
 */
double inference__dependence(const double *x, size_t n);

/*
 * A/A: the size that a share `level` of the shifts between two samples of n and m values, both drawn
 * from `x`, stay below. 0 with fewer than two values. -ENOMEM.
 */
int inference__null_shift(const double *x, size_t nx, size_t n, size_t m, enum shift_kind kind,
			  double level, uint64_t seed, double *size);

/* The standard deviation that a normal distribution with the values' MAD has; where more than half of
 * the values are equal, the values' own. 0 when n < 2. */
double inference__spread(const double *values, size_t n);

/*
 * How many values a side would tell a shift of `shift` from 0 by the rank sum test at `alpha`
 * (two-sided), with probability `power`, if the values have the spread `sd`. Never fewer than with
 * which that test can reach `alpha` at all. INFINITY if shift is 0.
 */
double inference__n_to_detect(double shift, double sd, double alpha, double power);
/* How many would show, by an interval of the shift with coverage `level`, that it is within ±margin. */
double inference__n_to_exclude(double shift, double margin, double sd, double level, double power);
/* The least n for which a rank sum test of n against n values can give a p below alpha. */
size_t inference__n_least(double alpha);
/* The least p that a rank sum test of n against m values can give: one side is above all of the other. */
double inference__least_p(size_t n, size_t m);

double inference__normal_quantile(double p);

#endif
