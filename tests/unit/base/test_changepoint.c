// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of level are found where they are, and hardly ever where there are none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "bench/base/changepoint.h"
#include "bench/base/stats.h"

#define ROOM 1024

static double normal(struct rng *rng)
{
	return sqrt(-2 * log(1 - rng__uniform(rng))) * cos(2 * M_PI * rng__uniform(rng));
}

/* Levels, each of a given length, with noise of standard deviation 1. Returns how many values. */
static size_t series(double *to, struct rng *rng, const double *levels, const size_t *lengths,
		     size_t nr)
{
	size_t n = 0;

	for (size_t i = 0; i < nr; i++)
		for (size_t k = 0; k < lengths[i]; k++)
			to[n++] = levels[i] + normal(rng);
	return n;
}

static size_t found_in(const double *values, size_t n, double alpha, double least,
		       struct changepoint *list)
{
	struct changepoint *changes;
	size_t nr;

	assert_int_equal(changepoint__find(values, n, alpha, least, &changes, &nr), 0);
	for (size_t i = 0; i < nr && i < 16; i++)
		list[i] = changes[i];
	free(changes);
	return nr;
}

static void one_change_is_found_where_it_is(void **state)
{
	static const double levels[] = { 100, 104 };
	static const size_t lengths[] = { 37, 60 };
	struct changepoint list[16];
	double values[ROOM];
	struct rng rng;
	size_t n;

	(void)state;
	rng__seed(&rng, 1);
	n = series(values, &rng, levels, lengths, 2);
	assert_int_equal(found_in(values, n, .01, .5, list), 1);
	assert_in_range(list[0].at, 36, 38);
	assert_true(fabs(list[0].before - 100) < .6 && fabs(list[0].after - 104) < .6 &&
		    list[0].p < 1e-6);
}

static void several_changes_are_found_in_order(void **state)
{
	static const double levels[] = { 100, 105, 99, 103 };
	static const size_t lengths[] = { 80, 60, 100, 60 };
	struct changepoint list[16];
	double values[ROOM];
	struct rng rng;
	size_t n;

	(void)state;
	rng__seed(&rng, 2);
	n = series(values, &rng, levels, lengths, 4);
	assert_int_equal(found_in(values, n, .01, .5, list), 3);
	assert_in_range(list[0].at, 79, 81);
	assert_in_range(list[1].at, 139, 141);
	assert_in_range(list[2].at, 239, 241);
	assert_true(list[1].before > list[1].after);
}

/*
 * As many values lie above the level before it as below it after: the whole series shows next to
 * nothing.
 */
static void a_level_that_came_back_is_not_missed(void **state)
{
	static const double levels[] = { 100, 106, 100 };
	static const size_t lengths[] = { 190, 30, 190 };
	struct changepoint list[16];
	double values[ROOM];
	struct rng rng;
	size_t n;

	(void)state;
	rng__seed(&rng, 3);
	n = series(values, &rng, levels, lengths, 3);
	assert_int_equal(found_in(values, n, .01, .5, list), 2);
	assert_in_range(list[0].at, 189, 191);
	assert_in_range(list[1].at, 219, 221);
}

static void outliers_are_no_change(void **state)
{
	struct changepoint list[16];
	double values[200];
	struct rng rng;

	(void)state;
	rng__seed(&rng, 4);
	for (int i = 0; i < 200; i++)
		values[i] = 100 + normal(&rng) + (i % 37 == 5 ? 1000 : 0);
	assert_int_equal(found_in(values, 200, .01, .5, list), 0);
}

static void a_change_too_small_to_matter_is_none(void **state)
{
	static const double levels[] = { 100, 101.5 };
	static const size_t lengths[] = { 100, 100 };
	struct changepoint list[16];
	double values[ROOM];
	struct rng rng;
	size_t n;

	(void)state;
	rng__seed(&rng, 5);
	n = series(values, &rng, levels, lengths, 2);
	assert_int_equal(found_in(values, n, .01, .5, list), 1);
	assert_int_equal(found_in(values, n, .01, 3, list), 0);
}

static void few_values_are_enough_when_they_are_clear(void **state)
{
	static const double ten[] = { 1, 2, 3, 4, 5, 101, 102, 103, 104, 105 };
	static const double three_behind_nine[] = { 5, 2, 8, 1, 9, 3, 7, 4, 6, 102, 101, 103 };
	static const double nine[] = { 1, 2, 3, 4, 5, 101, 102, 103, 104 };
	struct changepoint list[16];

	(void)state;
	assert_int_equal(found_in(ten, 10, .05, 1, list), 1);
	assert_int_equal(list[0].at, 5);
	assert_int_equal(found_in(nine, 9, .05, 1, list), 0);
	/*
	 * After nine values a level of three is never found, however far off: ranks of so few say
	 * too little for a search.
	 */
	assert_int_equal(found_in(three_behind_nine, 12, .01, 1, list), 0);
	assert_int_equal(found_in(nine, 0, .05, 1, list), 0);
}

static void equal_values_do_not_change(void **state)
{
	struct changepoint list[16];
	double values[100];

	(void)state;
	for (int i = 0; i < 100; i++)
		values[i] = 7;
	assert_int_equal(found_in(values, 100, .01, 0, list), 0);
}

/*
 * A step of six standard deviations is found where it is, even with only a few values after it or
 * before it: that is when users look.
 */
static void changes_near_the_ends_are_found(void **state)
{
	enum { TRIALS = 60 };
	static const struct {
		size_t few, many;
		int least;
	} cases[] = {
		{ 3, 60, 50 },	 { 4, 60, 54 },	 { 5, 60, 54 },	 { 8, 60, 54 },
		{ 10, 60, 54 },	 { 3, 200, 54 }, { 5, 200, 54 }, { 12, 200, 54 },
		{ 4, 20, 48 },	 { 5, 20, 54 },	 { 5, 10, 48 },	 { 8, 10, 54 },
		{ 3, 1000, 54 }, { 4, 12, 54 },	 { 5, 7, 54 },	 { 10, 1000, 54 },
	};
	struct changepoint list[16];
	double values[1100];
	struct rng rng;

	(void)state;
	rng__seed(&rng, 7);
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++)
		for (int end = 0; end < 2; end++) {
			size_t lengths[] = { cases[c].many, cases[c].few };
			double levels[] = { 100, 106 };
			int found = 0;

			if (end) {
				lengths[0] = cases[c].few;
				lengths[1] = cases[c].many;
			}
			for (int trial = 0; trial < TRIALS; trial++) {
				size_t n = series(values, &rng, levels, lengths, 2),
				       nr = found_in(values, n, .01, .5, list);

				for (size_t i = 0; i < nr && i < 16; i++)
					if (list[i].at + 1 >= lengths[0] &&
					    list[i].at <= lengths[0] + 1) {
						found++;
						break;
					}
			}
			if (found < cases[c].least)
				fail_msg("%zu values %s %zu: found in %d of %d", cases[c].few,
					 end ? "before" : "after", cases[c].many, found, TRIALS);
		}
}

/* Two disturbed results in a row are two outliers. */
static void two_values_are_no_level(void **state)
{
	struct changepoint list[16];
	double values[200];
	struct rng rng;

	(void)state;
	rng__seed(&rng, 8);
	for (int trial = 0; trial < 20; trial++) {
		for (int i = 0; i < 200; i++)
			values[i] = 100 + normal(&rng) + (i >= 198 || i == 60 || i == 61 ? 50 : 0);
		for (size_t i = 0, nr = found_in(values, 200, .01, .5, list); i < nr; i++)
			assert_true(list[i].at < 196 && (list[i].at < 58 || list[i].at > 62));
	}
}

/* Of series without a change, long and short, at most a share alpha has one found. */
static void false_alarms_are_as_rare_as_was_asked(void **state)
{
	enum { TRIALS = 600 };
	static const size_t lengths[] = { 10, 12, 20, 35, 60, 120, 400 };
	struct changepoint list[16];
	double values[ROOM];
	struct rng rng;

	(void)state;
	rng__seed(&rng, 6);
	for (size_t l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++) {
		int alarms = 0;

		for (int trial = 0; trial < TRIALS; trial++) {
			for (size_t i = 0; i < lengths[l]; i++)
				values[i] = normal(&rng);
			alarms += found_in(values, lengths[l], .05, 0, list) > 0;
		}
		/* At most 30 are expected; 46 are three standard deviations more. */
		if (alarms > 46)
			fail_msg("%zu values: %d alarms in %d", lengths[l], alarms, TRIALS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_change_is_found_where_it_is),
		cmocka_unit_test(several_changes_are_found_in_order),
		cmocka_unit_test(a_level_that_came_back_is_not_missed),
		cmocka_unit_test(outliers_are_no_change),
		cmocka_unit_test(a_change_too_small_to_matter_is_none),
		cmocka_unit_test(few_values_are_enough_when_they_are_clear),
		cmocka_unit_test(equal_values_do_not_change),
		cmocka_unit_test(changes_near_the_ends_are_found),
		cmocka_unit_test(two_values_are_no_level),
		cmocka_unit_test(false_alarms_are_as_rare_as_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
