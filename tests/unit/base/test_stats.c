// SPDX-License-Identifier: GPL-2.0-or-later
/* Statistics agree with published and worked values, and intervals cover as often as they claim. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/stats.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void assert_near(double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance))
		fail_msg("got %.17g, want %.17g within %g", got, want, tolerance);
}

/*
 * Fuel consumption of 32 cars, Motor Trend 1974: R's mtcars$mpg, whose summary R's manuals print.
 */
static const double mpg[] = {
	21.0, 21.0, 22.8, 21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8,
	16.4, 17.3, 15.2, 10.4, 10.4, 14.7, 32.4, 30.4, 33.9, 21.5, 15.5,
	15.2, 13.3, 19.2, 27.3, 26.0, 30.4, 15.8, 19.7, 15.0, 21.4,
};

static void summary_agrees_with_published_values(void **state)
{
	struct stats_summary s;

	(void)state;
	assert_int_equal(stats__summarize(mpg, COUNT(mpg), &s), 0);
	assert_int_equal(s.n, 32);
	assert_near(s.min, 10.4, 0);
	assert_near(s.p25, 15.425, 1e-12);
	assert_near(s.p50, 19.2, 1e-12);
	assert_near(s.p75, 22.8, 1e-12);
	assert_near(s.p90, 30.09, 1e-12);
	assert_near(s.max, 33.9, 0);
	assert_near(s.mean, 20.090625, 1e-12);
	assert_near(s.sd, 6.026948, 5e-7);
	assert_near(stats__median(mpg, COUNT(mpg)), 19.2, 1e-12);
	assert_near(stats__mad(mpg, COUNT(mpg)) * 1.4826, 5.41149, 5e-6);
}

static void quantiles_are_type_7(void **state)
{
	double v[] = { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 };

	(void)state;
	stats__sort(v, COUNT(v));
	assert_near(stats__quantile(v, 10, 0), 1, 0);
	assert_near(stats__quantile(v, 10, 0.25), 3.25, 1e-12);
	assert_near(stats__quantile(v, 10, 0.5), 5.5, 1e-12);
	assert_near(stats__quantile(v, 10, 0.9), 9.1, 1e-12);
	assert_near(stats__quantile(v, 10, 0.99), 9.91, 1e-12);
	assert_near(stats__quantile(v, 10, 1), 10, 0);
	assert_near(stats__quantile(v, 1, 0.7), 1, 0);
	assert_near(stats__quantile(v, 10, -3), 1, 0);
	assert_near(stats__quantile(v, 10, 3), 10, 0);
	assert_true(isnan(stats__quantile(v, 0, 0.5)));
	assert_true(isnan(stats__quantile(v, 10, NAN)));
}

/* NIST StRD, univariate, NumAcc4: certified mean 10000000.2 and standard deviation 0.1. */
static void variance_survives_a_large_mean(void **state)
{
	static double v[1001];
	struct stats_summary s;

	(void)state;
	v[0] = 10000000.2;
	for (size_t i = 1; i < COUNT(v); i++)
		v[i] = i & 1 ? 10000000.1 : 10000000.3;
	assert_int_equal(stats__summarize(v, COUNT(v), &s), 0);
	assert_near(s.mean, 10000000.2, 1e-8);
	assert_near(s.sd, 0.1, 1e-8);
}

static void nan_is_left_out_and_infinity_is_a_number(void **state)
{
	double v[] = { NAN, 3, 1, NAN, 2 }, inf[] = { 1, INFINITY, INFINITY, INFINITY };
	double wide[] = { -1.7e308, 1.7e308 }, nothing[] = { NAN, NAN };
	struct stats_summary s;

	(void)state;
	assert_int_equal(stats__summarize(v, COUNT(v), &s), 0);
	assert_int_equal(s.n, 3);
	assert_near(s.p50, 2, 0);
	assert_near(s.max, 3, 0);
	assert_near(s.mean, 2, 1e-15);
	assert_near(s.sd, 1, 1e-15);
	assert_near(stats__median(v, COUNT(v)), 2, 0);
	assert_near(stats__mad(v, COUNT(v)), 1, 0);
	stats__sort(v, COUNT(v));
	assert_true(v[0] == 1 && v[2] == 3 && isnan(v[3]) && isnan(v[4]));

	assert_int_equal(stats__summarize(nothing, COUNT(nothing), &s), 0);
	assert_int_equal(s.n, 0);
	assert_true(s.p50 == 0 && s.sd == 0);
	assert_int_equal(stats__summarize(NULL, 0, &s), 0);
	assert_int_equal(s.n, 0);
	assert_true(isnan(stats__median(NULL, 0)));
	assert_true(isnan(stats__mad(nothing, COUNT(nothing))));

	assert_true(stats__quantile(inf, COUNT(inf), 0.5) == INFINITY);
	assert_true(stats__quantile(inf, COUNT(inf), 0) == 1);
	assert_true(stats__mad(inf + 1, 3) == 0);
	assert_near(stats__quantile(wide, 2, 0.5), 0, 1e292);
}

static void one_value_has_no_spread(void **state)
{
	double v = 42;
	struct stats_summary s;

	(void)state;
	assert_int_equal(stats__summarize(&v, 1, &s), 0);
	assert_int_equal(s.n, 1);
	assert_true(s.min == 42 && s.p50 == 42 && s.p999 == 42 && s.max == 42 && s.mean == 42 &&
		    s.sd == 0);
}

/* The expected ranks and coverages were computed exactly, from binomial coefficients. */
static void median_intervals_are_the_exact_order_statistics(void **state)
{
	static const struct {
		size_t n, k;
		double level, coverage;
	} table[] = {
		{ 2, 0, 0.95, 0.5 },
		{ 5, 0, 0.95, 0.9375 },
		{ 6, 0, 0.95, 0.96875 },
		{ 7, 0, 0.95, 0.984375 },
		{ 10, 1, 0.95, 0.978515625 },
		{ 10, 1, 0.978515625, 0.978515625 },
		{ 10, 0, 0.99, 0.998046875 },
		{ 20, 5, 0.95, 0.9586105346679688 },
		{ 20, 3, 0.99, 0.9974231719970703 },
		{ 25, 7, 0.95, 0.9567147493362427 },
		{ 50, 17, 0.95, 0.9671608624357315 },
		{ 100, 39, 0.95, 0.9647997997822952 },
		{ 100, 36, 0.99, 0.9933628794840739 },
		{ 1000, 468, 0.95, 0.9537088026395019 },
		{ 10000, 4901, 0.95, 0.9511670501036181 },
		{ 10000, 4870, 0.99, 0.9904058418741641 },
		{ 1000000, 499019, 0.95, 0.9501210313476318 },
	};
	double *v = malloc(1000000 * sizeof(*v));

	(void)state;
	assert_non_null(v);
	for (size_t i = 0; i < 1000000; i++)
		v[i] = (double)i;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct stats_interval ci = stats__median_interval(v, table[i].n, table[i].level);

		assert_near(ci.low, (double)table[i].k, 0);
		assert_near(ci.high, (double)(table[i].n - 1 - table[i].k), 0);
		assert_near(ci.coverage, table[i].coverage, 1e-8);
	}
	free(v);
}

static void too_few_values_say_what_they_cover(void **state)
{
	double v[] = { 1, 2, 3 };
	struct stats_interval ci = stats__median_interval(v, 1, 0.95);

	(void)state;
	assert_true(ci.low == 1 && ci.high == 1 && ci.coverage == 0);
	ci = stats__median_interval(v, 3, 0.95);
	assert_true(ci.low == 1 && ci.high == 3);
	assert_near(ci.coverage, 0.75, 1e-12);
	ci = stats__median_interval(v, 0, 0.95);
	assert_true(isnan(ci.low) && isnan(ci.high) && ci.coverage == 0);
}

/* The claim is distribution-free, so a skewed distribution must be covered as often as it says. */
static void simulated_medians_are_covered_as_claimed(void **state)
{
	static const size_t sizes[] = { 6, 8, 15, 40, 101 };
	enum { TRIALS = 2000 };
	struct rng rng;

	(void)state;
	rng__seed(&rng, 20260131);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct stats_interval ci = { 0 };
		double v[128], noise;
		int covered = 0;

		for (int trial = 0; trial < TRIALS; trial++) {
			for (size_t j = 0; j < sizes[i]; j++)
				v[j] = -log(1 - rng__uniform(&rng));
			stats__sort(v, sizes[i]);
			ci = stats__median_interval(v, sizes[i], 0.95);
			covered += ci.low <= M_LN2 && M_LN2 <= ci.high;
		}
		noise = sqrt(ci.coverage * (1 - ci.coverage) / TRIALS);
		assert_true(ci.coverage >= 0.95);
		assert_near((double)covered / TRIALS, ci.coverage, 3.5 * noise);
	}
}

/* Reference outputs of the authors' C code, as other implementations publish them. */
static void generator_matches_reference_vectors(void **state)
{
	static const uint64_t from_1234[] = {
		11520,
		0,
		1509978240,
		1215971899390074240,
		1216172134540287360,
		607988272756665600,
		16172922978634559625u,
		8476171486693032832,
		10595114339597558777u,
		2904607092377533576,
	};
	static const uint64_t splitmix[] = {
		6457827717110365317,
		3203168211198807973,
		9817491932198370423u,
		4593380528125082431,
	};
	struct rng rng = { { 1, 2, 3, 4 } };

	(void)state;
	for (size_t i = 0; i < COUNT(from_1234); i++)
		assert_true(rng__next(&rng) == from_1234[i]);
	rng__seed(&rng, 1234567);
	for (size_t i = 0; i < COUNT(splitmix); i++)
		assert_true(rng.s[i] == splitmix[i]);
}

static void below_is_uniform_and_in_range(void **state)
{
	enum { N = 60000, SIDES = 6 };
	int seen[SIDES] = { 0 };
	double chi2 = 0, mean = 0;
	struct rng rng;

	(void)state;
	rng__seed(&rng, 1);
	for (int i = 0; i < N; i++)
		seen[rng__below(&rng, SIDES)]++;
	for (int i = 0; i < SIDES; i++)
		chi2 += pow(seen[i] - N / (double)SIDES, 2) / (N / (double)SIDES);
	assert_true(chi2 < 20.5); /* 5 degrees of freedom, p = 0.001 */
	for (int i = 0; i < 1000; i++) {
		assert_true(rng__below(&rng, 1) == 0);
		assert_true(rng__below(&rng, (1ull << 63) + 1) <= 1ull << 63);
	}
	for (int i = 0; i < N; i++) {
		double u = rng__uniform(&rng);

		assert_true(u >= 0 && u < 1);
		mean += u / N;
	}
	assert_near(mean, 0.5, 4 / sqrt(12.0 * N));
}

static void shuffle_reaches_every_order_equally(void **state)
{
	enum { N = 24000 };
	int seen[24] = { 0 };
	double chi2 = 0;
	struct rng rng;

	(void)state;
	rng__seed(&rng, 5);
	for (int i = 0; i < N; i++) {
		struct {
			char c[3];
		} v[4] = { { "0a" }, { "1b" }, { "2c" }, { "3d" } };
		int index = 0;

		rng__shuffle(&rng, v, 4, sizeof(v[0]));
		for (int a = 0; a < 4; a++) {
			int smaller = 0;

			assert_int_equal(v[a].c[1] - 'a', v[a].c[0] - '0');
			for (int b = a + 1; b < 4; b++)
				smaller += v[b].c[0] < v[a].c[0];
			index = index * (4 - a) + smaller;
		}
		seen[index]++;
	}
	for (int i = 0; i < 24; i++)
		chi2 += pow(seen[i] - N / 24.0, 2) / (N / 24.0);
	assert_true(chi2 < 49.7); /* 23 degrees of freedom, p = 0.001 */
}

static void same_seed_same_order(void **state)
{
	struct rng a, b, c;
	int va[50], vb[50], vc[50];

	(void)state;
	for (int i = 0; i < 50; i++)
		va[i] = vb[i] = vc[i] = i;
	rng__seed(&a, 9);
	rng__seed(&b, 9);
	rng__seed(&c, 10);
	rng__shuffle(&a, va, 50, sizeof(int));
	rng__shuffle(&b, vb, 50, sizeof(int));
	rng__shuffle(&c, vc, 50, sizeof(int));
	assert_memory_equal(va, vb, sizeof(va));
	assert_memory_not_equal(va, vc, sizeof(va));
	rng__shuffle(&a, va, 0, sizeof(int));
	rng__shuffle(&a, va, 1, sizeof(int));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(summary_agrees_with_published_values),
		cmocka_unit_test(quantiles_are_type_7),
		cmocka_unit_test(variance_survives_a_large_mean),
		cmocka_unit_test(nan_is_left_out_and_infinity_is_a_number),
		cmocka_unit_test(one_value_has_no_spread),
		cmocka_unit_test(median_intervals_are_the_exact_order_statistics),
		cmocka_unit_test(too_few_values_say_what_they_cover),
		cmocka_unit_test(simulated_medians_are_covered_as_claimed),
		cmocka_unit_test(generator_matches_reference_vectors),
		cmocka_unit_test(below_is_uniform_and_in_range),
		cmocka_unit_test(shuffle_reaches_every_order_equally),
		cmocka_unit_test(same_seed_same_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
