// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Inference: see inference.h.
 *
 * Sources: H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18(1), 1947 (U; its
 * distribution is the Gaussian binomial coefficient); F. Wilcoxon, Biometrics Bulletin 1(6), 1945;
 * E. L. Lehmann, "Nonparametrics", 1.4 and 3.2 (ties, continuity) and 2.4 (relative efficiency); S.
 * Holm, Scandinavian Journal of Statistics 6(2), 1979; B. Efron and R. Tibshirani, "An introduction
 * to the bootstrap", 13.3 (percentile interval).
 */
#include "bench/base/inference.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/stats.h"

/* Below this many values exact distributions are used, as R does. */
#define EXACT_BELOW 50
/*
 * With so many resamples the tails of an interval are 2.5 % ± 0.25, those of the A/A noise 5 % ±
 * 0.5.
 */
#define RESAMPLES      3999
#define MAX_DEPENDENCE .9
#define NULL_RESAMPLES 1999

/* Standard error of a median over that of a mean, for normal values and large n. */
#define MEDIAN_ERROR 1.2533141373155003
/* Efficiency of the rank sum test against the t test, for normal values: 3/pi. */
#define RANK_EFFICIENCY 0.954929658551372
/* MAD of a normal distribution is 1 / this. */
#define MAD_TO_SD 1.482602218505602

/* No one will wait for more rounds than this. */
#define MAX_LEAST 1000

struct ranked {
	double value;
	double rank;
	bool second; /* belongs to y; or: the difference was positive */
};

static int compare_ranked(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	return (a->value > b->value) - (a->value < b->value);
}

/* Midranks; returns the sum of t^3 - t over the groups of equal values, 0 without ties. */
static double rank_values(struct ranked *r, size_t n)
{
	double ties = 0;
	size_t end;

	qsort(r, n, sizeof(*r), compare_ranked);
	for (size_t i = 0; i < n; i = end) {
		double t;

		for (end = i + 1; end < n && r[end].value == r[i].value; end++)
			;
		t = (double)(end - i);
		ties += t * t * t - t;
		for (size_t k = i; k < end; k++)
			r[k].rank = ((double)i + (double)end + 1) / 2;
	}
	return ties;
}

static double two_sided(double z)
{
	return erfc(fmax(z, 0) / M_SQRT2);
}

/*
 * The number of arrangements with U = k is the coefficient of q^k in the product of (1 - q^(m+i)) /
 * (1 - q^i), i = 1…n. Each factor only looks at lower k, so that only the coefficients up to u are
 * needed.
 */
int inference__rank_sum_tail(size_t n, size_t m, size_t u, double *p)
{
	double *count = calloc(u + 1, sizeof(*count)), sum = 0, all = 0;
	int sign;

	if (!count)
		return -ENOMEM;
	count[0] = 1;
	for (size_t i = 1; i <= n; i++) {
		for (size_t k = u; k >= m + i && k <= u; k--)
			count[k] -= count[k - m - i];
		for (size_t k = i; k <= u; k++)
			count[k] += count[k - i];
	}
	for (size_t k = 0; k <= u; k++)
		sum += count[k];
	free(count);
	all = lgamma_r((double)(n + m + 1), &sign) - lgamma_r((double)(n + 1), &sign) -
	      lgamma_r((double)(m + 1), &sign);
	*p = sum * exp(-all);
	return 0;
}

/*
 * An arrangement is a multiset of n numbers 0…m whose sum is U. Sequences of such numbers are soon
 * counted, by inclusion and exclusion, and at most n! of them are the same multiset.
 */
double inference__rank_sum_tail_least(size_t n, size_t m, size_t u)
{
	double least = 0, term = 1;

	for (size_t i = 2; i <= n; i++)
		term /= (double)i;
	for (size_t j = 0; j <= n && j * (m + 1) <= u; j++) {
		double share = term, left = (double)(u - j * (m + 1));

		for (size_t i = 1; i <= n; i++)
			share *= (left + (double)i) / (double)(m + i);
		least += share;
		term *= -(double)(n - j) / (double)(j + 1);
	}
	return least;
}

int inference__mann_whitney(const double *x, size_t n, const double *y, size_t m,
			    struct rank_test *t)
{
	struct ranked *r = calloc(n + m + 1, sizeof(*r));
	double sum = 0, ties, pairs, total, less;
	size_t nr = 0;
	int ret = 0;

	if (!r)
		return -ENOMEM;
	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < n + m; i++) {
		double value = i < n ? x[i] : y[i - n];

		if (isnan(value))
			continue;
		r[nr++] = (struct ranked){ .value = value, .second = i >= n };
		t->n += i < n;
		t->m += i >= n;
	}
	ties = rank_values(r, nr);
	for (size_t i = 0; i < nr; i++)
		sum += r[i].second ? 0 : r[i].rank;
	free(r);
	pairs = (double)t->n * (double)t->m;
	total = (double)nr;
	t->statistic = sum - (double)t->n * ((double)t->n + 1) / 2;
	t->p = 1;
	if (pairs == 0)
		return 0;
	less = fmin(t->statistic, pairs - t->statistic);
	if (ties == 0 && t->n < EXACT_BELOW && t->m < EXACT_BELOW) {
		t->exact = true;
		ret = inference__rank_sum_tail(t->n, t->m, (size_t)less, &t->p);
		t->p = fmin(2 * t->p, 1);
		return ret;
	}
	total = pairs / 12 * (total + 1 - ties / (total * (total - 1)));
	if (total > 0)
		t->p = two_sided((pairs / 2 - less - 0.5) / sqrt(total));
	return 0;
}

/* P(W <= w): the number of subsets of the ranks 1…n whose sum is at most w, out of 2^n. */
static int signed_rank_tail(size_t n, size_t w, double *p)
{
	double *count = calloc(w + 1, sizeof(*count)), sum = 0;

	if (!count)
		return -ENOMEM;
	count[0] = 1;
	for (size_t rank = 1; rank <= n; rank++)
		for (size_t k = w; k >= rank && k <= w; k--)
			count[k] += count[k - rank];
	for (size_t k = 0; k <= w; k++)
		sum += count[k];
	free(count);
	*p = ldexp(sum, -(int)n);
	return 0;
}

int inference__signed_rank(const double *d, size_t n, struct rank_test *t)
{
	struct ranked *r = calloc(n + 1, sizeof(*r));
	double ties, all, nr, less, variance;
	bool zeros = false;
	int ret;

	if (!r)
		return -ENOMEM;
	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < n; i++) {
		zeros = zeros || d[i] == 0;
		if (!isnan(d[i]) && d[i] != 0)
			r[t->n++] = (struct ranked){ .value = fabs(d[i]), .second = d[i] > 0 };
	}
	ties = rank_values(r, t->n);
	for (size_t i = 0; i < t->n; i++)
		t->statistic += r[i].second ? r[i].rank : 0;
	free(r);
	t->p = 1;
	if (!t->n)
		return 0;
	nr = (double)t->n;
	all = nr * (nr + 1) / 2;
	less = fmin(t->statistic, all - t->statistic);
	if (ties == 0 && !zeros && t->n < EXACT_BELOW) {
		t->exact = true;
		ret = signed_rank_tail(t->n, (size_t)less, &t->p);
		t->p = fmin(2 * t->p, 1);
		return ret;
	}
	variance = all * (2 * nr + 1) / 12 - ties / 48;
	if (variance > 0)
		t->p = two_sided((all / 2 - less - 0.5) / sqrt(variance));
	return 0;
}

int inference__holm(const double *p, size_t nr, double *adjusted)
{
	struct ranked *r = calloc(nr + 1, sizeof(*r));
	double highest = 0;
	size_t tests = 0;

	if (!r)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		if (!isnan(p[i]))
			r[tests++] = (struct ranked){ .value = p[i], .rank = (double)i };
	qsort(r, tests, sizeof(*r), compare_ranked);
	for (size_t i = 0; i < nr; i++)
		adjusted[i] = p[i];
	for (size_t k = 0; k < tests; k++) {
		highest = fmax(highest, fmin((double)(tests - k) * r[k].value, 1));
		adjusted[(size_t)r[k].rank] = highest;
	}
	free(r);
	return 0;
}

static double shift_of(double x, double y, enum shift_kind kind)
{
	if (kind == SHIFT_LOG)
		return x > 0 && y > 0 ? log(y / x) : NAN;
	if (x == y)
		return kind == SHIFT_RATIO && x == 0 ? NAN : 0;
	/*
	 * Divide by the magnitude, so that a greater value is a positive shift for a negative
	 * median too.
	 */
	return kind == SHIFT_RATIO ? (x == 0 ? NAN : (y - x) / fabs(x)) : y - x;
}

/* A sorted copy without NaNs. */
static double *sorted_copy(const double *values, size_t n, size_t *kept)
{
	double *copy = calloc(n + 1, sizeof(*copy));

	*kept = 0;
	for (size_t i = 0; copy && i < n; i++)
		if (!isnan(values[i]))
			copy[(*kept)++] = values[i];
	if (copy)
		stats__sort(copy, *kept);
	return copy;
}

static double middle(const double *sorted, size_t low, size_t high)
{
	double a = sorted[low], b = sorted[high];

	return a == b ? a : a + (b - a) / 2;
}

/* A shift, and in how many resamples it is found. */
struct weighted {
	double shift;
	uint32_t times;
};

static int compare_weighted(const void *pa, const void *pb)
{
	const struct weighted *a = pa, *b = pb;

	return (a->shift > b->shift) - (a->shift < b->shift);
}

/*
 * The shifts between the medians of all resamples, ascending; `size`: without their sign. Those
 * that cannot be told are left out. *nr is how many there are. NULL: out of memory.
 */
static double *resampled_shifts(const struct resamples *set, const double *sx, const double *sy,
				enum shift_kind kind, bool size, size_t *nr)
{
	struct weighted *distinct = calloc(set->nr + 1, sizeof(*distinct));
	double *shifts = calloc(set->of.nr + 1, sizeof(*shifts));
	size_t told = 0;

	*nr = 0;
	if (!distinct || !shifts) {
		free(distinct);
		free(shifts);
		return NULL;
	}
	for (size_t i = 0; i < set->nr; i++) {
		const struct resample *one = &set->list[i];
		double mx = middle(sx, one->median[0].low, one->median[0].high);
		double my = middle(sy, one->median[1].low, one->median[1].high);
		double shift = shift_of(mx, my, kind);

		if (!isnan(shift))
			distinct[told++] = (struct weighted){ .shift = size ? fabs(shift) : shift,
							      .times = one->times };
	}
	qsort(distinct, told, sizeof(*distinct), compare_weighted);
	for (size_t i = 0; i < told; i++)
		for (uint32_t k = 0; k < distinct[i].times; k++)
			shifts[(*nr)++] = distinct[i].shift;
	free(distinct);
	return shifts;
}

int inference__median_shift(struct resamples_cache *cache, const double *x, size_t n,
			    const double *y, size_t m, enum shift_kind kind, double level,
			    uint64_t seed, struct shift *shift)
{
	size_t nx, ny, nr;
	double *sx = sorted_copy(x, n, &nx), *sy = sorted_copy(y, m, &ny), *shifts = NULL;
	int ret = -ENOMEM;

	*shift = (struct shift){ NAN, NAN, NAN };
	if (!sx || !sy)
		goto out;
	ret = 0;
	shift->value = shift_of(stats__quantile(sx, nx, 0.5), stats__quantile(sy, ny, 0.5), kind);
	if (nx < 2 || ny < 2 || isnan(shift->value))
		goto out;
	shifts = resampled_shifts(
		resamples_cache__get(
			cache, &(struct resamples_of){ seed, RESAMPLES, { nx, ny }, { nx, ny } }),
		sx, sy, kind, false, &nr);
	if (!shifts) {
		ret = -ENOMEM;
		goto out;
	}
	shift->low = stats__quantile(shifts, nr, (1 - level) / 2);
	shift->high = stats__quantile(shifts, nr, (1 + level) / 2);
out:
	free(sx);
	free(sy);
	free(shifts);
	return ret;
}

int inference__null_shift(struct resamples_cache *cache, const double *x, size_t nx, size_t n,
			  size_t m, enum shift_kind kind, double level, uint64_t seed, double *size)
{
	size_t kept, nr;
	double *sorted = sorted_copy(x, nx, &kept), *sizes = NULL;
	int ret = -ENOMEM;

	*size = 0;
	if (!sorted)
		goto out;
	ret = 0;
	if (kept < 2 || !n || !m)
		goto out;
	sizes = resampled_shifts(resamples_cache__get(cache, &(struct resamples_of){ seed,
										     NULL_RESAMPLES,
										     { kept, kept },
										     { n, m } }),
				 sorted, sorted, kind, true, &nr);
	if (sizes)
		*size = nr ? stats__quantile(sizes, nr, level) : 0;
	else
		ret = -ENOMEM;
out:
	free(sizes);
	free(sorted);
	return ret;
}

double inference__dependence(const double *x, size_t n)
{
	double mean = (double)(n + 1) / 2, own = 0, next = 0, before = 0, rho;

	if (n < 4)
		return 1;
	for (size_t i = 0; i < n; i++) {
		double rank = .5;

		for (size_t k = 0; k < n; k++)
			rank += x[k] < x[i] ? 1 : x[k] == x[i] ? .5 : 0;
		own += (rank - mean) * (rank - mean);
		next += i ? (rank - mean) * before : 0;
		before = rank - mean;
	}
	if (!(own > 0))
		return 1;
	/*
	 * The estimate is too small by about 1 / n, since the mean is estimated from the same
	 * values.
	 */
	rho = next / own + 1 / (double)n;
	rho = rho < MAX_DEPENDENCE ? rho : MAX_DEPENDENCE;
	return rho > 0 ? sqrt((1 + rho) / (1 - rho)) : 1;
}

double inference__spread(const double *values, size_t n)
{
	struct stats_summary s;
	double mad = stats__mad(values, n) * MAD_TO_SD;

	if (n < 2 || mad > 0)
		return n < 2 || isnan(mad) ? 0 : mad;
	return stats__summarize(values, n, &s) ? 0 : s.sd;
}

double inference__normal_quantile(double p)
{
	double low = -40, high = 40;

	if (!(p > 0 && p < 1))
		return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
	while (high - low > 1e-12) {
		double mid = (low + high) / 2;

		if (erfc(-mid / M_SQRT2) / 2 < p)
			low = mid;
		else
			high = mid;
	}
	return (low + high) / 2;
}

double inference__least_p(size_t n, size_t m)
{
	int sign;

	return fmin(1, 2 * exp(lgamma_r((double)n + 1, &sign) + lgamma_r((double)m + 1, &sign) -
			       lgamma_r((double)(n + m) + 1, &sign)));
}

size_t inference__n_least(double alpha)
{
	double p = 1;
	size_t n;

	/* The most extreme arrangement and its mirror image, out of 2n choose n. */
	for (n = 1; n < MAX_LEAST; n++) {
		p *= (double)n / (2 * (2 * (double)n - 1));
		if (2 * p < alpha)
			break;
	}
	return n;
}

double inference__n_to_detect(double shift, double sd, double alpha, double power)
{
	double z = inference__normal_quantile(1 - alpha / 2) + inference__normal_quantile(power);
	double n;

	if (shift == 0)
		return INFINITY;
	n = 2 / RANK_EFFICIENCY * pow(z * sd / shift, 2);
	return fmax(ceil(n), (double)inference__n_least(alpha));
}

double inference__n_to_exclude(double shift, double margin, double sd, double level, double power)
{
	double left = margin - fabs(shift);
	double z = inference__normal_quantile((1 + level) / 2) + inference__normal_quantile(power);

	if (left <= 0)
		return INFINITY;
	return fmax(ceil(2 * pow(MEDIAN_ERROR * z * sd / left, 2)), 2);
}
