// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A trend names the result with which a level changed, and the one before it. The gate judges the
 * latest result by how much those at its level vary. Both use the ratio where all results have it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/error.h"
#include "bench/history/trend.h"

#define RESULTS 60

/* Values that vary by about 1 % in an order without a pattern. */
static double noise(size_t i)
{
	return 0.02 * ((double)(i * 7919 % 1009) / 1009 - 0.5);
}

static json_t *results(size_t nr)
{
	json_t *list = json_array();
	char text[32], label[16];

	for (size_t i = 0; i < nr; i++) {
		snprintf(text, sizeof(text), "2026-01-%02zuT%02zu:00:00Z", 1 + i / 24, i % 24);
		snprintf(label, sizeof(label), "commit%zu", i);
		/* Ids are in another order than the results' times. */
		json_array_append_new(list,
				      json_pack("{s:I, s:s, s:s, s:s}", "id",
						(json_int_t)(1000 - i), "started", text, "label",
						label, "kernel", i < 30 ? "6.1" : "6.2"));
	}
	return list;
}

struct fixture {
	struct history_point points[RESULTS];
	struct history_series series;
	json_t *results;
};

/*
 * Level 1000 and, from `at` on, `factor` times that; results `missing` … missing + 2 lack the cell.
 */
static void make(struct fixture *f, size_t at, double factor, size_t missing)
{
	f->series = (struct history_series){
		.key = "k",
		.label = "pio-user",
		.config = "default",
		.backend = "kvm",
		.group = "exit",
		.unit = "ns",
		.points = f->points,
	};
	f->results = results(RESULTS);
	for (size_t i = 0; i < RESULTS; i++) {
		if (i >= missing && i < missing + 3)
			continue;
		f->points[f->series.nr++] = (struct history_point){
			.result = (int64_t)(1000 - i),
			.at = i,
			.p50 = 1000 * (1 + noise(i)) * (i >= at ? factor : 1),
			.low = NAN,
			.high = NAN,
			.ratio = NAN,
			.exits = 1,
		};
	}
}

static const struct trend_options usual = { .alpha = 0.01, .floor = 0.02 };

static json_t *only_trend(struct fixture *f, const struct trend_options *options, json_t **trends)
{
	*trends = trend__find(f->results, &f->series, 1, options);
	assert_int_equal(json_array_size(*trends), 1);
	return json_array_get(*trends, 0);
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static double number_of(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static void change_is_dated_by_the_results_on_both_sides(void **state)
{
	struct fixture f;
	json_t *trends, *trend, *change;

	(void)state;
	/*
	 * The three results before the change lack the cell, so the last known one before it is
	 * that much older.
	 */
	make(&f, 30, 1.1, 27);
	trend = only_trend(&f, &usual, &trends);
	assert_int_equal(json_array_size(json_object_get(trend, "changes")), 1);
	change = json_array_get(json_object_get(trend, "changes"), 0);
	assert_int_equal(number_of(change, "at"), 27);
	assert_string_equal(text_of(change, "started"), "2026-01-02T06:00:00Z");
	assert_string_equal(text_of(change, "label"), "commit30");
	assert_string_equal(text_of(change, "kernel"), "6.2");
	assert_string_equal(text_of(change, "before_started"), "2026-01-02T02:00:00Z");
	assert_string_equal(text_of(change, "before_label"), "commit26");
	assert_string_equal(text_of(change, "before_kernel"), "6.1");
	assert_string_equal(text_of(change, "verdict"), "slower");
	assert_true(fabs(number_of(change, "change") - 0.1) < 0.01);
	assert_true(fabs(number_of(trend, "level") - 1100) < 10);
	/* Each value keeps its own time. */
	assert_string_equal(json_string_value(json_array_get(json_object_get(trend, "times"), 26)),
			    "2026-01-02T02:00:00Z");
	assert_string_equal(json_string_value(json_array_get(json_object_get(trend, "times"), 27)),
			    "2026-01-02T06:00:00Z");
	json_decref(trends);
	json_decref(f.results);
}

static void more_is_faster_where_more_is_better(void **state)
{
	struct fixture f;
	json_t *trends, *change;

	(void)state;
	make(&f, 30, 1.1, RESULTS);
	f.series.higher_is_better = true;
	change = json_array_get(json_object_get(only_trend(&f, &usual, &trends), "changes"), 0);
	assert_string_equal(text_of(change, "verdict"), "faster");
	json_decref(trends);
	json_decref(f.results);
}

/*
 * A bandwidth is a rate, but its ratio to a reference is one of times: 20 % more of that is 20 %
 * slower.
 */
static void ratio_of_a_rate_is_a_cost(void **state)
{
	struct fixture f;
	json_t *trends, *trend, *gate;

	(void)state;
	make(&f, 30, 1 / 1.2, RESULTS);
	f.series.higher_is_better = true;
	for (size_t i = 0; i < RESULTS; i++)
		f.points[i].ratio = log(1.5) + noise(i) / 10 + (i >= 30 ? log(1.2) : 0);
	trend = only_trend(&f, &usual, &trends);
	assert_string_equal(text_of(trend, "figure"), "ratio");
	assert_false(json_is_true(json_object_get(trend, "higher_is_better")));
	assert_string_equal(
		text_of(json_array_get(json_object_get(trend, "changes"), 0), "verdict"), "slower");
	json_decref(trends);
	/* The gate too, for a result that is as much slower again. */
	f.points[RESULTS - 1].ratio += log(1.35);
	f.points[RESULTS - 1].p50 /= 1.35;
	gate = trend__gate(f.results, &f.series, 1, &usual);
	assert_string_equal(text_of(json_array_get(json_object_get(gate, "cells"), 0), "verdict"),
			    "slower");
	assert_int_equal(number_of(gate, "status"), EXIT_REGRESSION);
	json_decref(gate);
	f.points[RESULTS - 1].ratio -= 2 * log(1.35);
	f.points[RESULTS - 1].p50 *= 1.35 * 1.35;
	gate = trend__gate(f.results, &f.series, 1, &usual);
	assert_string_equal(text_of(json_array_get(json_object_get(gate, "cells"), 0), "verdict"),
			    "faster");
	json_decref(gate);
	json_decref(f.results);
}

static void small_or_single_moves_are_no_change(void **state)
{
	struct fixture f;
	json_t *trends;

	(void)state;
	/* A change below the threshold, then a single disturbed result. */
	make(&f, 30, 1.015, RESULTS);
	assert_int_equal(
		json_array_size(json_object_get(only_trend(&f, &usual, &trends), "changes")), 0);
	json_decref(trends);
	json_decref(f.results);
	make(&f, RESULTS, 1, RESULTS);
	f.points[40].p50 *= 3;
	assert_int_equal(
		json_array_size(json_object_get(only_trend(&f, &usual, &trends), "changes")), 0);
	json_decref(trends);
	json_decref(f.results);
}

/*
 * A step of 5 % up, six standard deviations, in the last results of sixty: reported once there are
 * three of them.
 */
static void latest_results_are_not_missed(void **state)
{
	(void)state;
	for (size_t after = 3; after <= 9; after++) {
		struct fixture f;
		json_t *trends, *changes;
		size_t at;

		make(&f, RESULTS - after, 1.05, RESULTS);
		changes = json_object_get(only_trend(&f, &usual, &trends), "changes");
		assert_int_equal(json_array_size(changes), 1);
		at = (size_t)number_of(json_array_get(changes, 0), "at");
		assert_in_range(at, RESULTS - after - 1, RESULTS - after);
		json_decref(trends);
		json_decref(f.results);
	}
}

static void ratio_is_followed_where_all_results_have_it(void **state)
{
	struct fixture f;
	json_t *trends, *trend;

	(void)state;
	/*
	 * The cost changes, but not the ratio to the reference: the host got slower, not the cell.
	 */
	make(&f, 30, 1.5, RESULTS);
	for (size_t i = 0; i < f.series.nr; i++)
		f.points[i].ratio = log(0.5) + noise(i) / 10;
	trend = only_trend(&f, &usual, &trends);
	assert_string_equal(text_of(trend, "figure"), "ratio");
	assert_true(fabs(number_of(trend, "level") - 0.5) < 0.01);
	assert_int_equal(json_array_size(json_object_get(trend, "changes")), 0);
	json_decref(trends);
	f.points[5].ratio = NAN;
	trend = only_trend(&f, &usual, &trends);
	assert_string_equal(text_of(trend, "figure"), "cost");
	assert_int_equal(json_array_size(json_object_get(trend, "changes")), 1);
	json_decref(trends);
	json_decref(f.results);
}

/*
 * Judges a last result of `factor` times the level, which began `since` results ago: returns the
 * verdict, and the status.
 */
static const char *gated(size_t nr, size_t since, double factor, int *status)
{
	static char verdict[32];
	struct fixture f;
	json_t *gate, *cell;

	make(&f, nr - 1 - since, 1.2, RESULTS);
	f.series.nr = nr;
	f.points[nr - 1].p50 = 1200 * factor;
	while (json_array_size(f.results) > nr)
		json_array_remove(f.results, nr);
	gate = trend__gate(f.results, &f.series, 1, &usual);
	cell = json_array_get(json_object_get(gate, "cells"), 0);
	snprintf(verdict, sizeof(verdict), "%s", cell ? text_of(cell, "verdict") : "none");
	*status = (int)number_of(gate, "status");
	json_decref(gate);
	json_decref(f.results);
	return verdict;
}

static void gate_judges_by_the_level_since_the_last_change(void **state)
{
	int status;

	(void)state;
	assert_string_equal(gated(60, 30, 1, &status), "same");
	assert_int_equal(status, EXIT_OK);
	assert_string_equal(gated(60, 30, 1.1, &status), "slower");
	assert_int_equal(status, EXIT_REGRESSION);
	/* Back at the level before the change: faster than the present level. */
	assert_string_equal(gated(60, 30, 1 / 1.2, &status), "faster");
	assert_int_equal(status, EXIT_OK);
	/* Most results are from before the change and do not count. */
	assert_string_equal(gated(60, 12, 1, &status), "same");
	/* Within the threshold. */
	assert_string_equal(gated(60, 30, 1.015, &status), "same");
}

static void gate_does_not_judge_by_too_few(void **state)
{
	int status;

	(void)state;
	assert_string_equal(gated(6, 5, 1.3, &status), "inconclusive");
	assert_int_equal(status, EXIT_INCONCLUSIVE);
	assert_string_equal(gated(1, 0, 1, &status), "new");
	assert_int_equal(status, EXIT_INCONCLUSIVE);
}

/*
 * The last result is 20 % slower, and so is its reference: it is neither slower than the reference
 * nor the same as before.
 */
static void gate_tells_what_moved_with_its_reference(void **state)
{
	struct fixture f;
	json_t *gate, *cell;

	(void)state;
	for (int moved = 0; moved < 2; moved++) {
		make(&f, RESULTS, 1, RESULTS);
		for (size_t i = 0; i < RESULTS; i++)
			f.points[i].ratio = log(0.5) + noise(i) / 10;
		f.points[RESULTS - 1].p50 *= moved ? 1.2 : 1;
		gate = trend__gate(f.results, &f.series, 1, &usual);
		cell = json_array_get(json_object_get(gate, "cells"), 0);
		assert_string_equal(text_of(cell, "figure"), "ratio");
		assert_string_equal(text_of(cell, "verdict"), moved ? "moved" : "same");
		assert_int_equal(number_of(gate, "status"), moved ? EXIT_INCONCLUSIVE : EXIT_OK);
		json_decref(gate);
		json_decref(f.results);
	}
}

/*
 * The ratio of the last result is a third larger or smaller, and the cost, a time or a rate, is
 * what it was: only the reference moved. Where the cost varies too much to tell, the ratio counts.
 */
static void gate_does_not_call_what_only_the_reference_did(void **state)
{
	struct fixture f;
	json_t *gate, *cell;

	(void)state;
	for (int n = 0; n < 8; n++) {
		bool larger = n & 1, vague = n & 4;

		make(&f, RESULTS, 1, RESULTS);
		f.series.higher_is_better = n & 2;
		for (size_t i = 0; i < RESULTS; i++) {
			f.points[i].ratio = log(0.5) + noise(i) / 10;
			f.points[i].p50 *= vague ? exp(30 * noise(i)) : 1;
		}
		f.points[RESULTS - 1].ratio += log(larger ? 1.35 : 1 / 1.35);
		gate = trend__gate(f.results, &f.series, 1, &usual);
		cell = json_array_get(json_object_get(gate, "cells"), 0);
		assert_string_equal(text_of(cell, "verdict"), !vague ? "same" :
							      larger ? "slower" :
								       "faster");
		json_decref(gate);
		json_decref(f.results);
	}
}

/*
 * The reference moved for good, four results before the last: too few of the ratio's new level to
 * judge by, but the cost was all the time what it is. If that moved too, or varies so much that it
 * would not show, nothing is known.
 */
static void gate_judges_by_the_cost_after_a_step_of_the_reference(void **state)
{
	struct fixture f;
	json_t *gate, *cell;

	(void)state;
	for (int n = 0; n < 3; n++) {
		bool moved = n == 1, vague = n == 2;

		make(&f, RESULTS, 1, RESULTS);
		for (size_t i = 0; i < RESULTS; i++) {
			bool after = i + 5 >= RESULTS;

			f.points[i].ratio = log(after ? 0.7 : 0.5) + noise(i) / 10;
			f.points[i].p50 *= after && moved ? 1.4 : vague ? exp(30 * noise(i)) : 1;
		}
		gate = trend__gate(f.results, &f.series, 1, &usual);
		cell = json_array_get(json_object_get(gate, "cells"), 0);
		assert_string_equal(text_of(cell, "verdict"), n ? "inconclusive" : "same");
		assert_string_equal(text_of(cell, "figure"), "ratio");
		assert_int_equal(number_of(gate, "status"), n ? EXIT_INCONCLUSIVE : EXIT_OK);
		json_decref(gate);
		json_decref(f.results);
	}
}

/*
 * From the middle on the ratio is a fifth higher. If the cost, a time or a rate, is what it was,
 * then the reference changed and the cell did not. The gate judges a last result by the same rule.
 */
static void change_of_the_reference_alone_is_none_of_the_cell(void **state)
{
	static const struct {
		double cost; /* how much longer an operation takes from then on */
		double vague;
		const char *verdict;
	} table[] = {
		{ 1, 0, "same" },
		{ 1.2, 0, "slower" },
		{ 1.05, 0, "slower" }, /* it did become slower, if by less */
		{ 1 / 1.2, 0, "inconclusive" },
		{ 1, 100, "slower" }, /* the cost varies too much to tell */
	};
	struct fixture f;
	json_t *trends, *change;

	(void)state;
	for (size_t n = 0; n < 2 * sizeof(table) / sizeof(table[0]); n++) {
		bool rate = n & 1;
		double cost = table[n / 2].cost;

		make(&f, 30, rate ? 1 / cost : cost, RESULTS);
		f.series.higher_is_better = rate;
		for (size_t i = 0; i < RESULTS; i++) {
			f.points[i].ratio = log(0.5) + noise(i) / 10 + (i >= 30 ? log(1.2) : 0);
			f.points[i].p50 *= exp(table[n / 2].vague * noise(i));
		}
		change = json_array_get(json_object_get(only_trend(&f, &usual, &trends), "changes"),
					0);
		assert_string_equal(text_of(change, "verdict"), table[n / 2].verdict);
		assert_int_equal(!text_of(change, "why"), !strcmp(table[n / 2].verdict, "slower"));
		json_decref(trends);
		json_decref(f.results);
	}
}

/* The ratio of the last result is a third larger, its cost a fifth smaller: not slower. */
static void gate_does_not_call_what_contradicts_itself(void **state)
{
	struct fixture f;
	json_t *gate, *cell;

	(void)state;
	for (int faster = 0; faster < 2; faster++) {
		make(&f, RESULTS, 1, RESULTS);
		for (size_t i = 0; i < RESULTS; i++)
			f.points[i].ratio = log(0.5) + noise(i) / 10;
		f.points[RESULTS - 1].ratio += faster ? -log(1.35) : log(1.35);
		f.points[RESULTS - 1].p50 *= faster ? 1.2 : 1 / 1.2;
		gate = trend__gate(f.results, &f.series, 1, &usual);
		cell = json_array_get(json_object_get(gate, "cells"), 0);
		assert_string_equal(text_of(cell, "verdict"), "inconclusive");
		assert_int_equal(number_of(gate, "status"), EXIT_INCONCLUSIVE);
		json_decref(gate);
		json_decref(f.results);
	}
}

/* How busy the host was for a result of the fixture: others had so many of two CPUs. */
static void load(struct fixture *f, size_t i, double others)
{
	json_object_set_new(json_array_get(f->results, i), "load",
			    json_pack("{s:f, s:f, s:f, s:n}", "cpus", 2.0, "own_cpus", 0.3,
				      "others_cpus", others, "average"));
}

/*
 * The last result is 20 % slower. On a host as busy as for one before, that is a change; where it
 * was busier than ever, only the ratio of an exit is one.
 */
static void gate_does_not_take_load_for_a_change(void **state)
{
	static const struct {
		double others, last_but_one;
		const char *group;
		bool ratio;
		const char *verdict;
	} table[] = {
		{ 0.01, 0.01, "sched", false, "slower" },
		{ 0.8, 0.01, "sched", false, "inconclusive" },
		{ 0.8, 0.85, "sched", false, "slower" },
		{ 1.69, 1.69, "sched", false, "inconclusive" },
		{ 0.8, 0.01, "exit", true, "slower" },
		{ 0.8, 0.01, "exit", false, "inconclusive" },
		{ 1.69, 0.01, "exit", true, "slower" },
		{ 0.8, 0.01, "memory", true, "slower" },
		{ 1.69, 0.01, "memory", true, "inconclusive" },
	};
	struct fixture f;
	json_t *gate, *cell;

	(void)state;
	for (size_t n = 0; n < sizeof(table) / sizeof(table[0]); n++) {
		make(&f, RESULTS, 1, RESULTS);
		f.series.group = (char *)table[n].group;
		for (size_t i = 0; i < RESULTS; i++) {
			load(&f, i, 0.02);
			f.points[i].ratio = table[n].ratio ? log(0.5) + noise(i) / 10 : NAN;
		}
		load(&f, RESULTS - 2, table[n].last_but_one);
		load(&f, RESULTS - 1, table[n].others);
		f.points[RESULTS - 1].p50 *= 1.2;
		f.points[RESULTS - 1].ratio += log(1.2);
		gate = trend__gate(f.results, &f.series, 1, &usual);
		cell = json_array_get(json_object_get(gate, "cells"), 0);
		assert_string_equal(text_of(cell, "verdict"), table[n].verdict);
		json_decref(gate);
		json_decref(f.results);
	}
}

static void gate_leaves_out_what_the_last_result_lacks(void **state)
{
	struct fixture f;
	json_t *gate;

	(void)state;
	make(&f, RESULTS, 1, RESULTS);
	f.series.nr--;
	gate = trend__gate(f.results, &f.series, 1, &usual);
	assert_int_equal(json_array_size(json_object_get(gate, "cells")), 0);
	assert_int_equal(number_of(gate, "status"), EXIT_NOT_COMPARABLE);
	json_decref(gate);
	json_decref(f.results);
}

static void only_what_is_asked_for_is_read(void **state)
{
	static const char *const some[] = { "pio-*", NULL }, *const others[] = { "mmio-*", "memory",
										 NULL };
	struct trend_options options = usual;
	struct history_filter filter = trend__filter(&options);
	struct fixture f;
	json_t *trends;

	(void)state;
	make(&f, RESULTS, 1, RESULTS);
	assert_true(filter.wanted(&f.series, filter.context));
	options.only = some;
	assert_true(filter.wanted(&f.series, filter.context));
	options.only = others;
	assert_false(filter.wanted(&f.series, filter.context));
	trends = trend__find(f.results, &f.series, 1, &options);
	assert_int_equal(json_array_size(trends), 0);
	json_decref(trends);
	json_decref(f.results);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(change_is_dated_by_the_results_on_both_sides),
		cmocka_unit_test(more_is_faster_where_more_is_better),
		cmocka_unit_test(ratio_of_a_rate_is_a_cost),
		cmocka_unit_test(small_or_single_moves_are_no_change),
		cmocka_unit_test(latest_results_are_not_missed),
		cmocka_unit_test(ratio_is_followed_where_all_results_have_it),
		cmocka_unit_test(gate_judges_by_the_level_since_the_last_change),
		cmocka_unit_test(gate_does_not_judge_by_too_few),
		cmocka_unit_test(gate_tells_what_moved_with_its_reference),
		cmocka_unit_test(gate_does_not_call_what_only_the_reference_did),
		cmocka_unit_test(gate_judges_by_the_cost_after_a_step_of_the_reference),
		cmocka_unit_test(change_of_the_reference_alone_is_none_of_the_cell),
		cmocka_unit_test(gate_does_not_call_what_contradicts_itself),
		cmocka_unit_test(gate_does_not_take_load_for_a_change),
		cmocka_unit_test(gate_leaves_out_what_the_last_result_lacks),
		cmocka_unit_test(only_what_is_asked_for_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
