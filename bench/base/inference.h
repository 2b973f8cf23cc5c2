/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inference: do two sets of values differ, by how much, and how many values would be needed to
 * know?
 *
 * The tests are two-sided and use ranks, so that neither the distribution nor an outlier matters,
 * only that the values are independent: medians of rounds are, samples of one round are not. NaN
 * stands for "not measured" and is left out; infinities are numbers.
 *
 * Whatever is random here is drawn from a seed: the same values give the same figures everywhere.
 */
#ifndef HVBENCH_INFERENCE_H
#define HVBENCH_INFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/resamples.h"

struct rank_test {
	double statistic; /* U of the first sample; W+ of the differences */
	double p;	  /* two-sided; 1 where there is nothing to compare */
	bool exact;	  /* p counts all arrangements; else normal with continuity
				 * correction */
	size_t n, m;	  /* values used; m is 0 for the signed rank test */
};

/*
 * Mann and Whitney's U (Wilcoxon's rank sum). Exact with no ties and both sizes below 50, else the
 * normal approximation with corrections for ties and continuity: R's wilcox.test() decides
 * likewise.
 * -ENOMEM.
 */
int inference__mann_whitney(const double *x, size_t n, const double *y, size_t m,
			    struct rank_test *t);
/*
 * P(U <= u) for n and m values without ties; u must be less than half of n * m. Takes time n * u.
 * -ENOMEM.
 */
int inference__rank_sum_tail(size_t n, size_t m, size_t u, double *p);
/* A lower bound of that p, quick for few values; close where m is much larger than n * n. */
double inference__rank_sum_tail_least(size_t n, size_t m, size_t u);
/*
 * Wilcoxon's signed rank test that `d` is symmetric about 0. Zeros are dropped (then it is never
 * exact, as in R). -ENOMEM.
 */
int inference__signed_rank(const double *d, size_t n, struct rank_test *t);

/*
 * Holm's step-down correction. All tests with adjusted[i] < alpha may be called significant at a
 * family-wise error rate of alpha. NaN stays NaN and does not count. `p` and `adjusted` may be the
 * same. -ENOMEM.
 */
int inference__holm(const double *p, size_t nr, double *adjusted);

struct shift {
	double value;	  /* between the two medians: y - x, y / x - 1, or log(y / x) */
	double low, high; /* bootstrap interval; NAN with fewer than two values on a side */
};

enum shift_kind { SHIFT_DIFFERENCE, SHIFT_RATIO, SHIFT_LOG };

/*
 * Percentile bootstrap of the shift between two medians. Its measured coverage, at a nominal 95 %,
 * is in tests/unit/base/test_inference.c. SHIFT_RATIO needs a median of x that is not 0, SHIFT_LOG
 * positive ones, else the shift is NAN. -ENOMEM.
 */
int inference__median_shift(struct resamples_cache *cache, const double *x, size_t n,
			    const double *y, size_t m, enum shift_kind kind, double level,
			    uint64_t seed, struct shift *shift);

/*
 * How much wider the median of these values varies than that of as many independent ones, estimated
 * from the rank correlation of each value with its successor. At least 1: a negative correlation is
 * taken for chance.
 */
double inference__dependence(const double *x, size_t n);

/*
 * A/A noise: the size below which a share `level` of the shifts between two samples of n and m
 * values stay when both are drawn from `x`. 0 with fewer than two values. -ENOMEM.
 */
int inference__null_shift(struct resamples_cache *cache, const double *x, size_t nx, size_t n,
			  size_t m, enum shift_kind kind, double level, uint64_t seed,
			  double *size);

/*
 * The standard deviation of a normal distribution that has the values' MAD; where more than half of
 * the values are equal, the standard deviation of the values. 0 when n < 2.
 */
double inference__spread(const double *values, size_t n);

/*
 * How many values a side it takes to find a shift of `shift` from 0 by the rank sum test at `alpha`
 * (two-sided), with probability `power`, if the values have the spread `sd`. Never fewer than the
 * test needs to be able to reach `alpha` at all. INFINITY if shift is 0.
 */
double inference__n_to_detect(double shift, double sd, double alpha, double power);
/*
 * How many values a side it takes for an interval of the shift, with coverage `level`, to show that
 * the shift is within ±margin.
 */
double inference__n_to_exclude(double shift, double margin, double sd, double level, double power);
/* The least n for which a rank sum test of n against n values can give a p below alpha. */
size_t inference__n_least(double alpha);
/*
 * The least p that a rank sum test of n against m values can give: all values of one side are above
 * all of the other.
 */
double inference__least_p(size_t n, size_t m);

double inference__normal_quantile(double p);

#endif
