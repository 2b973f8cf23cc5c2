// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests, intervals and powers agree with R 4.2, with published examples and with simulation.
 *
 * With an argument the program answers questions instead of testing: it reads lines "u|w N M
 * VALUE…" (rank sum of the first N against the other M; signed rank, M is 0) or "h N VALUE…" (Holm)
 * from standard input, and writes "STATISTIC P EXACT" or the corrected values to standard output.
 * tests/integration/inference.sh gives the same random samples to it and to scipy.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/inference.h"
#include "bench/base/stats.h"

#define ROOM	     128
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_close(double got, double want, double relative)
{
	if (isnan(want) ? isnan(got) : fabs(got - want) <= relative * fabs(want))
		return;
	fail_msg("%.17g is not %.17g", got, want);
}

/* sin(a * (1:n)) + b */
static size_t wave(double *to, size_t n, double a, double b)
{
	for (size_t i = 0; i < n; i++)
		to[i] = sin(a * (double)(i + 1)) + b;
	return n;
}

static size_t run_of(double *to, size_t n, double first)
{
	for (size_t i = 0; i < n; i++)
		to[i] = first + (double)i;
	return n;
}

static void check_u(const double *x, size_t n, const double *y, size_t m, double u, double p,
		    bool exact)
{
	struct rank_test t;

	assert_int_equal(inference__mann_whitney(x, n, y, m, &t), 0);
	assert_close(t.statistic, u, 1e-15);
	assert_close(t.p, p, 1e-12);
	assert_int_equal(t.exact, exact);
}

/* The values on the right are those of R: wilcox.test(x, y)[c("statistic", "p.value")] */
static void rank_sums_are_those_of_r(void **state)
{
	/*
	 * Hollander and Wolfe, "Nonparametric statistical methods" (1973), p. 69: 0.1272 one-sided
	 */
	static const double term[] = { .80, .83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, .73, 1.46 };
	static const double early[] = { 1.15, .88, .90, .74, 1.21 };
	static const double ties_x[] = { 1, 2, 2, 3, 3, 3, 4 }, ties_y[] = { 2, 3, 4, 4, 5, 6 };
	static const double inf_x[] = { 1, 2, INFINITY }, inf_y[] = { 3, 4, 5 };
	static const double one[] = { 3.5 };
	double x[ROOM], y[ROOM];

	(void)state;
	check_u(term, 10, early, 5, 35, 0.254412254412254, true);
	check_u(x, run_of(x, 8, 1), y, run_of(y, 8, 9), 0, 0.000155400155400155, true);
	check_u(ties_x, 7, ties_y, 6, 8.5, 0.0786945000571338, false);
	check_u(x, wave(x, 49, 1, 0), y, wave(y, 49, 1.7, .35), 830, 0.00815949277662368, true);
	check_u(x, wave(x, 60, 1, 0), y, wave(y, 55, 1.7, .3), 1266, 0.0317783352066463, false);
	check_u(x, wave(x, 12, 1, 0), y, wave(y, 31, 1.7, .9), 75, 0.00199317095474609, true);
	check_u(one, 1, y, run_of(y, 9, 1), 3, 0.8, true);
	check_u(x, run_of(x, 49, 1), y, run_of(y, 49, 101), 0, 7.85002919296329e-29, true);
	check_u(inf_x, 3, inf_y, 3, 3, 0.7, true);
}

static void check_w(const double *d, size_t n, double w, double p, bool exact)
{
	struct rank_test t;

	assert_int_equal(inference__signed_rank(d, n, &t), 0);
	assert_close(t.statistic, w, 1e-15);
	assert_close(t.p, p, 1e-12);
	assert_int_equal(t.exact, exact);
}

/* The bound holds for every sum, and is nearly the p itself where the values are few among many. */
static void a_lower_bound_of_the_tail_is_one(void **state)
{
	static const size_t sizes[][2] = { { 3, 3 },   { 3, 40 },   { 5, 9 },
					   { 12, 30 }, { 12, 600 }, { 20, 20 } };
	double p, least, least_of_all = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = sizes[i][0], m = sizes[i][1];

		for (size_t u = 0; u < n * m / 2; u++) {
			assert_int_equal(inference__rank_sum_tail(n, m, u, &p), 0);
			least = inference__rank_sum_tail_least(n, m, u);
			assert_true(least > 0 && least <= p * (1 + 1e-9));
			if (m == 600 && p > 1e-4 && least / p < least_of_all)
				least_of_all = least / p;
		}
	}
	assert_true(least_of_all > 0.7);
}

/* R: wilcox.test(d)[c("statistic", "p.value")] */
static void signed_ranks_are_those_of_r(void **state)
{
	/* Hollander and Wolfe, p. 29: 0.01953 one-sided */
	static const double before[] = { 1.83, .50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30 };
	static const double after[] = { .878, .647, .598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29 };
	static const double zeros[] = { 0, 0, 1, -2, 3, 4, 5, -6, 7, 8 };
	static const double ties[] = { 1, 1, -1, 2, 2, 3, -4, 5, 5, 5 };
	double d[ROOM];

	(void)state;
	for (int i = 0; i < 9; i++)
		d[i] = before[i] - after[i];
	check_w(d, 9, 40, 0.0390625, true);
	check_w(d, wave(d, 20, 1, .3), 158, 0.0484409332275391, true);
	check_w(zeros, 10, 28, 0.183430618982178, false);
	check_w(ties, 10, 46, 0.0649579707761214, false);
	check_w(d, wave(d, 80, 1, .2), 2156, 0.0102165710025234, false);
	check_w(d, run_of(d, 49, 1), 1225, 3.5527136788005e-15, true);
}

static void nothing_to_compare_is_no_difference(void **state)
{
	static const double same[] = { 5, 5, 5, 5 }, none[] = { NAN, NAN }, zeros[] = { 0, 0 };
	struct rank_test t;

	(void)state;
	check_u(same, 4, same, 4, 8, 1, false);
	assert_int_equal(inference__mann_whitney(none, 2, same, 4, &t), 0);
	assert_true(t.p == 1 && t.n == 0 && t.m == 4);
	assert_int_equal(inference__mann_whitney(NULL, 0, NULL, 0, &t), 0);
	assert_true(t.p == 1);
	assert_int_equal(inference__signed_rank(zeros, 2, &t), 0);
	assert_true(t.p == 1 && t.n == 0);
}

static void what_was_not_measured_is_left_out(void **state)
{
	static const double x[] = { 1, NAN, 2, 3, NAN }, y[] = { NAN, 4, 5, 6 };
	struct rank_test t;

	(void)state;
	assert_int_equal(inference__mann_whitney(x, 5, y, 4, &t), 0);
	assert_true(t.n == 3 && t.m == 3 && t.exact);
	assert_close(t.p, 0.1, 1e-12);
}

static void swapping_the_sides_changes_no_p(void **state)
{
	double x[ROOM], y[ROOM];
	struct rank_test a, b;

	(void)state;
	for (size_t n = 1; n < 60; n += 7) {
		wave(x, n, 1, 0);
		wave(y, 2 * n + 1, 1.7, .4);
		assert_int_equal(inference__mann_whitney(x, n, y, 2 * n + 1, &a), 0);
		assert_int_equal(inference__mann_whitney(y, 2 * n + 1, x, n, &b), 0);
		assert_close(a.p, b.p, 1e-13);
		assert_close(a.statistic, (double)(n * (2 * n + 1)) - b.statistic, 1e-15);
	}
}

/* R: p.adjust(c(.01, NA, .02, .0001, .9, .02), "holm") */
static void holm_is_that_of_r(void **state)
{
	double p[] = { .01, NAN, .02, .0001, .9, .02 };
	static const double want[] = { .04, NAN, .06, 5e-4, .9, .06 };
	double two[] = { .01, .04, .03, .005, .5 };
	static const double want_two[] = { .04, .09, .09, .025, .5 };

	(void)state;
	assert_int_equal(inference__holm(p, COUNT(p), p), 0);
	for (size_t i = 0; i < COUNT(p); i++)
		assert_close(p[i], want[i], 1e-12);
	assert_int_equal(inference__holm(two, COUNT(two), two), 0);
	for (size_t i = 0; i < COUNT(two); i++)
		assert_close(two[i], want_two[i], 1e-12);
}

static void quantiles_of_the_normal_are_those_of_r(void **state)
{
	(void)state;
	assert_close(inference__normal_quantile(.975), 1.959963984540054, 1e-10);
	assert_close(inference__normal_quantile(.0001), -3.71901648545568, 1e-10);
	assert_close(inference__normal_quantile(1 - 1e-9), 5.997807019601638, 1e-7);
	assert_true(fabs(inference__normal_quantile(.5)) < 1e-10);
	assert_true(isinf(inference__normal_quantile(0)) && isnan(inference__normal_quantile(NAN)));
}

/* What resamples.c draws by a shortcut: a median of values really drawn. */
static double resampled_median(struct rng *rng, const double *values, size_t n)
{
	double drawn[ROOM];

	for (size_t i = 0; i < n; i++)
		drawn[i] = values[rng__below(rng, n)];
	return stats__median(drawn, n);
}

static void intervals_are_those_of_plain_resampling(void **state)
{
	struct resamples_cache *cache = *state;
	enum { TRIALS = 20000 };
	static const struct {
		size_t n, m;
	} sizes[] = { { 2, 3 }, { 7, 8 }, { 8, 8 }, { 40, 41 } };
	double *draws = malloc(TRIALS * sizeof(*draws)), x[ROOM], y[ROOM];
	struct shift shift;
	struct rng rng;

	rng__seed(&rng, 3);
	for (size_t s = 0; s < COUNT(sizes); s++) {
		size_t n = wave(x, sizes[s].n, 1, 10), m = wave(y, sizes[s].m, 1.7, 12);
		double shares[2] = { 0, 0 };

		for (int i = 0; i < TRIALS; i++)
			draws[i] = resampled_median(&rng, y, m) / resampled_median(&rng, x, n) - 1;
		assert_int_equal(
			inference__median_shift(cache, x, n, y, m, SHIFT_RATIO, .9, 1, &shift), 0);
		/* The distribution is discrete, so the shares beyond each end are compared. */
		for (int i = 0; i < TRIALS; i++) {
			shares[0] += draws[i] < shift.low - 1e-9;
			shares[1] += draws[i] <= shift.low + 1e-9;
		}
		assert_true(shares[0] / TRIALS < .05 + .012 && shares[1] / TRIALS > .05 - .012);
		shares[0] = shares[1] = 0;
		for (int i = 0; i < TRIALS; i++) {
			shares[0] += draws[i] > shift.high + 1e-9;
			shares[1] += draws[i] >= shift.high - 1e-9;
		}
		assert_true(shares[0] / TRIALS < .05 + .012 && shares[1] / TRIALS > .05 - .012);
	}
	free(draws);
}

static double draw(struct rng *rng, int kind)
{
	double z = sqrt(-2 * log(1 - rng__uniform(rng))) * cos(2 * M_PI * rng__uniform(rng));

	switch (kind) {
	case 0:
		return 100 + z;
	case 1:
		return 100 * exp(.5 * z);
	default: /* two levels, like a host that is disturbed now and then */
		return (rng__uniform(rng) < .25 ? 112 : 100) + z;
	}
}

/*
 * Coverage in 2,000 trials each, in percent, of the nominal 95 % interval of a ratio (this test
 * with more trials); the standard error is 0.5:
 *
 * 	rounds a side	   5	   6	   8	  12	  20	  40
 * 	normal		96.0	96.3	95.3	96.4	97.5	96.2
 * 	log-normal	97.3	96.5	96.1	96.8	96.3	95.8
 * 	two levels	96.7	96.5	95.9	97.5	96.0	96.8
 */
static void intervals_cover(void **state)
{
	struct resamples_cache *cache = *state;
	enum { TRIALS = 120 };
	double x[ROOM], y[ROOM];
	struct shift shift;
	struct rng rng;

	rng__seed(&rng, 20);
	for (int kind = 0; kind < 3; kind++) {
		for (size_t n = 8; n <= 20; n += 12) {
			int covered = 0;

			for (int trial = 0; trial < TRIALS; trial++) {
				for (size_t i = 0; i < n; i++) {
					x[i] = draw(&rng, kind);
					y[i] = 1.1 * draw(&rng, kind);
				}
				assert_int_equal(inference__median_shift(cache, x, n, y, n,
									 SHIFT_RATIO, .95, trial,
									 &shift),
						 0);
				covered += shift.low <= .1 && .1 <= shift.high;
			}
			/* 0.95 minus three standard errors */
			if (covered < TRIALS * (.95 - 3 * sqrt(.95 * .05 / TRIALS)))
				fail_msg("kind %d, n %zu: only %d of %d", kind, n, covered, TRIALS);
		}
	}
}

static void ratios_are_to_the_first(void **state)
{
	struct resamples_cache *cache = *state;
	static const double x[] = { 100, 100, 100 }, y[] = { 120, 120, 120 },
			    negative[] = { -1, -1, -1 };
	static const double zero[] = { 0, 0, 0 };
	struct shift s;

	assert_int_equal(inference__median_shift(cache, x, 3, y, 3, SHIFT_RATIO, .95, 1, &s), 0);
	assert_close(s.value, .2, 1e-12);
	assert_true(s.low == s.value && s.high == s.value);
	assert_int_equal(inference__median_shift(cache, x, 3, y, 3, SHIFT_DIFFERENCE, .95, 1, &s),
			 0);
	assert_close(s.value, 20, 1e-12);
	assert_int_equal(inference__median_shift(cache, negative, 3, x, 3, SHIFT_RATIO, .95, 1, &s),
			 0);
	assert_true(s.value > 0);
	assert_int_equal(inference__median_shift(cache, zero, 3, x, 3, SHIFT_RATIO, .95, 1, &s), 0);
	assert_true(isnan(s.value) && isnan(s.low));
	assert_int_equal(inference__median_shift(cache, x, 1, y, 3, SHIFT_RATIO, .95, 1, &s), 0);
	assert_true(s.value > 0 && isnan(s.low));
	assert_int_equal(inference__median_shift(cache, x, 0, y, 3, SHIFT_RATIO, .95, 1, &s), 0);
	assert_true(isnan(s.value));
}

static void the_same_seed_gives_the_same_interval(void **state)
{
	struct resamples_cache *cache = *state;
	double x[ROOM], y[ROOM];
	struct shift a, b, c;

	wave(x, 40, 1, 10);
	wave(y, 40, 1.7, 10);
	inference__median_shift(cache, x, 40, y, 40, SHIFT_RATIO, .95, 5, &a);
	inference__median_shift(cache, x, 40, y, 40, SHIFT_RATIO, .95, 5, &b);
	inference__median_shift(cache, x, 40, y, 40, SHIFT_RATIO, .9501, 6, &c);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_not_equal(&a, &c, sizeof(a));
}

/*
 * A set is drawn once, whatever is asked for in between, and looking it up gives what drawing does.
 */
static void resamples_are_drawn_once(void **state)
{
	struct resamples_cache *cache = resamples_cache__new(), *fresh;
	double x[ROOM], y[ROOM], size[2];
	struct shift a, b;
	size_t drawn;

	(void)state;
	wave(x, 40, 1, 10);
	wave(y, 40, 1.7, 10);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t n = 2; n < 40; n++) {
			inference__median_shift(cache, x, n, y, n, SHIFT_LOG, .95, 1, &a);
			inference__null_shift(cache, x, n, n, 40, SHIFT_LOG, .95, 1, &size[0]);
			fresh = resamples_cache__new();
			inference__median_shift(fresh, x, n, y, n, SHIFT_LOG, .95, 1, &b);
			inference__null_shift(fresh, x, n, n, 40, SHIFT_LOG, .95, 1, &size[1]);
			resamples_cache__free(fresh);
			assert_memory_equal(&a, &b, sizeof(a));
			assert_true(size[0] == size[1]);
		}
		drawn = pass ? drawn : cache->drawn;
		assert_int_equal(cache->drawn, drawn);
	}
	/* More of them than are kept. */
	for (size_t n = 2; n < 40; n++)
		for (size_t m = 2; m < 40; m++)
			inference__median_shift(cache, x, n, y, m, SHIFT_LOG, .95, 1, &a);
	inference__median_shift(cache, x, 39, y, 39, SHIFT_LOG, .95, 1, &a);
	assert_memory_equal(&a, &b, sizeof(a));
	resamples_cache__free(cache);
}

/* Shifts between halves of one distribution stay below the A/A size as often as asked for. */
static void null_shifts_are_what_nothing_gives(void **state)
{
	struct resamples_cache *cache = *state;
	enum { TRIALS = 200 };
	double x[ROOM], y[ROOM], size;
	int below = 0;
	struct rng rng;

	rng__seed(&rng, 8);
	for (int trial = 0; trial < TRIALS; trial++) {
		double shift;

		for (int i = 0; i < 20; i++) {
			x[i] = draw(&rng, 0);
			y[i] = draw(&rng, 0);
		}
		assert_int_equal(inference__null_shift(cache, x, 20, 20, 20, SHIFT_RATIO, .95,
						       trial, &size),
				 0);
		shift = fabs(stats__median(y, 20) / stats__median(x, 20) - 1);
		below += shift <= size;
	}
	assert_true(below > TRIALS * .90 && below < TRIALS * .995);
	assert_int_equal(inference__null_shift(cache, x, 1, 20, 20, SHIFT_RATIO, .95, 1, &size), 0);
	assert_true(size == 0);
}

/* Independent values hardly widen the interval; correlated ones do, as much as theory says. */
static void dependence_widens(void **state)
{
	enum { N = 400 };
	double x[N], same[] = { 3, 3, 3, 3, 3 }, zigzag[] = { 1, 9, 2, 8, 3, 7, 1, 9 },
		     independent = 0;
	struct rng rng;

	(void)state;
	rng__seed(&rng, 11);
	for (int trial = 0; trial < 200; trial++) {
		for (int i = 0; i < 20; i++)
			x[i] = draw(&rng, 0);
		independent += inference__dependence(x, 20) / 200;
	}
	assert_true(independent > 1 && independent < 1.2);
	for (int i = 0; i < N; i++)
		x[i] = draw(&rng, 0) + (i ? .6 * x[i - 1] : 0);
	/* The median of values with a correlation of 0.6 varies like that of a quarter as many. */
	assert_close(inference__dependence(x, N), 2, .3);
	assert_true(inference__dependence(same, 5) == 1);
	assert_true(inference__dependence(zigzag, 8) == 1);
	assert_true(inference__dependence(x, 3) == 1);
}

static void spread_ignores_what_is_far_out(void **state)
{
	double x[] = { 1, 2, 3, 4, 5, 6, 7, 8, 1e9 }, flat[] = { 3, 3, 3, 3, 9 };

	(void)state;
	assert_close(inference__spread(x, 9), 2 * 1.482602218505602, 1e-9);
	/* More than half are equal: the MAD is 0, but the values do vary. */
	assert_close(inference__spread(flat, 5), 2.6832815729997477, 1e-9);
	assert_true(inference__spread(x, 1) == 0);
}

/* With the number of values that it computes, a shift is found about as often as it claims. */
static void powers_are_kept(void **state)
{
	enum { TRIALS = 600 };
	double n = inference__n_to_detect(1, 1.2, .01, .8), x[ROOM], y[ROOM];
	int called = 0;
	struct rank_test t;
	struct rng rng;

	(void)state;
	rng__seed(&rng, 9);
	assert_true(n > 20 && n < ROOM);
	for (int trial = 0; trial < TRIALS; trial++) {
		for (size_t i = 0; i < (size_t)n; i++) {
			x[i] = 1.2 * draw(&rng, 0);
			y[i] = 1.2 * draw(&rng, 0) + 1;
		}
		inference__mann_whitney(x, (size_t)n, y, (size_t)n, &t);
		called += t.p < .01;
	}
	assert_true(called > TRIALS * .74 && called < TRIALS * .88);
}

static void no_power_without_the_least_number(void **state)
{
	(void)state;
	/* 2 / choose(2n, n): 0.0079 with 5, 0.028 with 4; 0.00016 with 8, 0.00058 with 7. */
	assert_int_equal(inference__n_least(.01), 5);
	assert_int_equal(inference__n_least(.0002), 8);
	assert_close(inference__n_to_detect(100, 1e-9, .01, .8), 5, 0);
	assert_true(isinf(inference__n_to_detect(0, 1, .01, .8)));
	assert_true(isinf(inference__n_to_exclude(3, 2, 1, .95, .8)));
	assert_true(inference__n_to_exclude(.5, 2, 1, .95, .8) <
		    inference__n_to_exclude(1.5, 2, 1, .95, .8));
}

static int answer(void)
{
	double *v = NULL, *to;
	size_t n, m;
	char what;

	while (scanf(" %c %zu", &what, &n) == 2) {
		struct rank_test t = { 0 };

		m = 0;
		if (what != 'h' && scanf("%zu", &m) != 1)
			return 1;
		to = realloc(v, (n + m + 1) * sizeof(*v));
		if (!to)
			return 1;
		v = to;
		for (size_t i = 0; i < n + m; i++)
			if (scanf("%lf", &v[i]) != 1)
				return 1;
		if (what == 'h') {
			inference__holm(v, n, v);
			for (size_t i = 0; i < n; i++)
				printf("%.17g%c", v[i], i + 1 < n ? ' ' : '\n');
			continue;
		}
		if (what == 'u')
			inference__mann_whitney(v, n, v + n, m, &t);
		else
			inference__signed_rank(v, n, &t);
		printf("%.17g %.17g %d\n", t.statistic, t.p, t.exact);
	}
	free(v);
	return 0;
}

static int set_up(void **state)
{
	*state = resamples_cache__new();
	return 0;
}

static int tear_down(void **state)
{
	resamples_cache__free(*state);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rank_sums_are_those_of_r),
		cmocka_unit_test(a_lower_bound_of_the_tail_is_one),
		cmocka_unit_test(signed_ranks_are_those_of_r),
		cmocka_unit_test(nothing_to_compare_is_no_difference),
		cmocka_unit_test(what_was_not_measured_is_left_out),
		cmocka_unit_test(swapping_the_sides_changes_no_p),
		cmocka_unit_test(holm_is_that_of_r),
		cmocka_unit_test(quantiles_of_the_normal_are_those_of_r),
		cmocka_unit_test(intervals_are_those_of_plain_resampling),
		cmocka_unit_test(intervals_cover),
		cmocka_unit_test(ratios_are_to_the_first),
		cmocka_unit_test(the_same_seed_gives_the_same_interval),
		cmocka_unit_test(resamples_are_drawn_once),
		cmocka_unit_test(null_shifts_are_what_nothing_gives),
		cmocka_unit_test(dependence_widens),
		cmocka_unit_test(spread_ignores_what_is_far_out),
		cmocka_unit_test(powers_are_kept),
		cmocka_unit_test(no_power_without_the_least_number),
	};

	(void)argv;
	if (argc > 1)
		return answer();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
