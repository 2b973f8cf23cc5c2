/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptive statistics over doubles.
 *
 * Quantiles are Hyndman & Fan's type 7 (linear interpolation, as in R and numpy) on sorted data.
 * Intervals of a median are distribution-free: a pair of order statistics x(k), x(n+1-k) covers the
 * median with probability 1 - 2 * Binom(n, 1/2).cdf(k-1) whatever the distribution. With fewer than
 * six values no such pair reaches 95 %; then the whole range is returned with the coverage it has.
 *
 * NaN stands for "not measured": stats__sort() puts NaNs last; summary, median and MAD leave them
 * out, and summary.n is how many numbers were left. `sorted` arguments must hold none. Infinities
 * are numbers (mean and sd may then be infinite or NaN).
 */
#ifndef HVBENCH_STATS_H
#define HVBENCH_STATS_H

#include <stddef.h>
#include <stdint.h>

/* A quantile q needs at least this many values, so that one lies beyond it. */
#define STATS_ENOUGH_FOR_P99  100
#define STATS_ENOUGH_FOR_P999 1000

struct stats_summary {
	size_t n;
	double min, p25, p50, p75, p90, p99, p999, max, mean, sd;
};

struct stats_interval {
	double low, high;
	double coverage; /* the actual coverage, 0..1; 0 when n < 2 */
};

void stats__sort(double *values, size_t n);
/* `sorted` ascending, n >= 1 (else NAN), 0 <= q <= 1. */
double stats__quantile(const double *sorted, size_t n, double q);
/*
 * Sorts a copy. With no numbers, n and all fields are 0. sd is the sample's (n - 1), 0 when n is 1.
 * -ENOMEM.
 */
int stats__summarize(const double *values, size_t n, struct stats_summary *s);
double stats__median(const double *values, size_t n); /* NAN when n == 0 or out of memory */
double stats__mad(const double *values, size_t n);    /* median absolute deviation, unscaled */
/* Interval of the median with at least `level` coverage where n allows, exact for any n: the
 * narrowest symmetric pair of order statistics. `sorted` ascending. */
struct stats_interval stats__median_interval(const double *sorted, size_t n, double level);

/* xoshiro256**: small, seeded, the same on every machine, unlike the C library's generator. */
struct rng {
	uint64_t s[4];
};
void rng__seed(struct rng *r, uint64_t seed);
uint64_t rng__next(struct rng *r);
uint64_t rng__below(struct rng *r, uint64_t n); /* uniform, 0 <= x < n, n >= 1 */
double rng__uniform(struct rng *r);		/* [0, 1) */
/* Fisher–Yates over `n` elements of `size` bytes. */
void rng__shuffle(struct rng *r, void *base, size_t n, size_t size);

#endif
