// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptive statistics: see stats.h.
 *
 * Sources: R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American
 * Statistician 50(4), 1996 (type 7); W. J. Conover, "Practical nonparametric statistics", 3.2
 * (interval of a quantile from order statistics); B. P. Welford, Technometrics 4(3), 1962
 * (variance); D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS
 * 47(4), 2021 (xoshiro256**, seeded by splitmix64 as they advise).
 */
#include "bench/base/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"

/* NaN sorts last, so that the order is total and qsort() well defined. */
static int compare_doubles(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	if (isnan(a) || isnan(b))
		return !!isnan(a) - !!isnan(b);
	return (a > b) - (a < b);
}

void stats__sort(double *values, size_t n)
{
	if (n > 1)
		qsort(values, n, sizeof(*values), compare_doubles);
}

/* A sorted copy without the NaNs. NULL if nothing is left (*kept is 0) or out of memory. */
static double *sorted_numbers(const double *values, size_t n, size_t *kept)
{
	double *copy;

	*kept = 0;
	for (size_t i = 0; i < n; i++)
		*kept += !isnan(values[i]);
	if (!*kept)
		return NULL;
	copy = alloc__need_zeroed(*kept, sizeof(*copy));
	for (size_t i = 0, k = 0; i < n; i++) {
		if (!isnan(values[i]))
			copy[k++] = values[i];
	}
	stats__sort(copy, *kept);
	return copy;
}

double stats__quantile(const double *sorted, size_t n, double q)
{
	double h, low, high, f;
	size_t i;

	if (!n || isnan(q))
		return NAN;
	h = (double)(n - 1) * fmin(fmax(q, 0), 1);
	i = (size_t)floor(h);
	if (i >= n - 1)
		return sorted[n - 1];
	f = h - (double)i;
	low = sorted[i];
	high = sorted[i + 1];
	/* No arithmetic where none is needed: infinities would become NaN. */
	if (f == 0 || low == high)
		return low;
	if (isinf(high - low))
		return low * (1 - f) + high * f;
	return low + f * (high - low);
}

int stats__summarize(const double *values, size_t n, struct stats_summary *s)
{
	double mean = 0, squares = 0;
	double *sorted;
	size_t kept;

	memset(s, 0, sizeof(*s));
	sorted = sorted_numbers(values, n, &kept);
	if (!sorted)
		return kept ? -ENOMEM : 0;
	for (size_t i = 0; i < kept; i++) {
		double delta = sorted[i] - mean;

		mean += delta / (double)(i + 1);
		squares += delta * (sorted[i] - mean);
	}
	*s = (struct stats_summary){
		.n = kept,
		.min = sorted[0],
		.p25 = stats__quantile(sorted, kept, 0.25),
		.p50 = stats__quantile(sorted, kept, 0.5),
		.p75 = stats__quantile(sorted, kept, 0.75),
		.p90 = stats__quantile(sorted, kept, 0.9),
		.p99 = stats__quantile(sorted, kept, 0.99),
		.p999 = stats__quantile(sorted, kept, 0.999),
		.max = sorted[kept - 1],
		.mean = mean,
		.sd = kept > 1 ? sqrt(squares / (double)(kept - 1)) : 0,
	};
	free(sorted);
	return 0;
}

double stats__median(const double *values, size_t n)
{
	double *sorted, median;
	size_t kept;

	sorted = sorted_numbers(values, n, &kept);
	if (!sorted)
		return NAN;
	median = stats__quantile(sorted, kept, 0.5);
	free(sorted);
	return median;
}

double stats__mad(const double *values, size_t n)
{
	double *sorted, median, mad;
	size_t kept;

	sorted = sorted_numbers(values, n, &kept);
	if (!sorted)
		return NAN;
	median = stats__quantile(sorted, kept, 0.5);
	for (size_t i = 0; i < kept; i++)
		sorted[i] = sorted[i] == median ? 0 : fabs(sorted[i] - median);
	stats__sort(sorted, kept);
	mad = stats__quantile(sorted, kept, 0.5);
	free(sorted);
	return mad;
}

/*
 * P(Binom(n, 1/2) <= k) for k < n/2: the largest term by logarithms, the others from the ratio of
 * neighbouring terms, which falls so fast that only O(sqrt n) terms matter.
 */
static double lower_tail(size_t n, size_t k)
{
	double trials = (double)n, i = (double)k, term, sum;
	int sign;

	term = exp(lgamma_r(trials + 1, &sign) - lgamma_r(i + 1, &sign) -
		   lgamma_r(trials - i + 1, &sign) - trials * M_LN2);
	for (sum = term; i > 0 && term > sum * 1e-17; i--) {
		term *= i / (trials - i + 1);
		sum += term;
	}
	return sum;
}

struct stats_interval stats__median_interval(const double *sorted, size_t n, double level)
{
	/*
	 * Order statistics x(k + 1) and x(n - k): the largest k whose two tails leave `level`
	 * between them.
	 */
	size_t k = 0, beyond = n / 2;

	if (!n)
		return (struct stats_interval){ .low = NAN, .high = NAN };
	if (n == 1)
		return (struct stats_interval){ .low = sorted[0], .high = sorted[0] };
	while (beyond - k > 1) {
		size_t mid = k + (beyond - k) / 2;

		if (1 - 2 * lower_tail(n, mid) >= level)
			k = mid;
		else
			beyond = mid;
	}
	return (struct stats_interval){
		.low = sorted[k],
		.high = sorted[n - 1 - k],
		.coverage = 1 - 2 * lower_tail(n, k),
	};
}

void rng__seed(struct rng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += 0x9e3779b97f4a7c15ull;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ z >> 27) * 0x94d049bb133111ebull;
		r->s[i] = z ^ z >> 31;
	}
}

static uint64_t rotate_left(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

uint64_t rng__next(struct rng *r)
{
	uint64_t *s = r->s, result = rotate_left(s[1] * 5, 7) * 9, shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint64_t rng__below(struct rng *r, uint64_t n)
{
	/*
	 * Reject the lowest 2^64 mod n values: they would make some results likelier than others.
	 */
	uint64_t x, reject = -n % n;

	do {
		x = rng__next(r);
	} while (x < reject);
	return x % n;
}

double rng__uniform(struct rng *r)
{
	return (double)(rng__next(r) >> 11) * 0x1p-53;
}

void rng__shuffle(struct rng *r, void *base, size_t n, size_t size)
{
	unsigned char *bytes = base;

	for (size_t i = n; i > 1; i--) {
		unsigned char *a = bytes + (i - 1) * size, *b = bytes + rng__below(r, i) * size;

		for (size_t k = 0; k < size; k++) {
			unsigned char keep = a[k];

			a[k] = b[k];
			b[k] = keep;
		}
	}
}
