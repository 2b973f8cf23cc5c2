// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What VMs do to each other: each is judged against itself alone, pairs make a matrix, as a table
 * and as a heat map.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "bench/result/doc.h"
#include "reports/charts/charts.h"
#include "reports/compare/compare.h"
#include "reports/views/neighbour_view.h"
#include "tests/documents.h"

#define ROUNDS 8

static json_t *add(json_t *doc, const char *workload, const char *neighbour, double cost)
{
	double rounds[ROUNDS];
	json_t *cell;

	for (int i = 0; i < ROUNDS; i++)
		rounds[i] = cost * (1 + 0.001 * i);
	cell = document__cell(doc, workload, rounds, ROUNDS);
	json_object_set_new(cell, "config",
			    json_pack("{s:s, s:s}", "name",
				      strcmp(neighbour, "none") ? neighbour : "default",
				      "neighbour", neighbour));
	return cell;
}

/* Of two victims: one that a neighbour doubles, one that nobody touches. */
static json_t *document(void)
{
	json_t *doc = document__new("fnv1a64:1", "tsc");

	add(doc, "chase", "none", 100);
	add(doc, "chase", "idle", 101);
	add(doc, "chase", "memory", 200);
	add(doc, "pio-user", "none", 50);
	add(doc, "pio-user", "memory", 40);
	json_object_set_new(add(doc, "pio-user", "io", 50), "status", json_string("failed"));
	json_object_set_new(json_array_get(json_object_get(doc, "cells"), 5), "rounds",
			    json_array());
	return doc;
}

static const json_t *field(const json_t *matrix, size_t row, size_t column)
{
	return json_array_get(
		json_object_get(json_array_get(json_object_get(matrix, "victims"), row), "fields"),
		column);
}

static void each_pair_is_judged_against_the_victim_alone(void **state)
{
	json_t *doc = document(), *matrix = neighbour_view__matrix(doc);
	const json_t *names = json_object_get(matrix, "neighbours");

	(void)state;
	assert_int_equal(json_array_size(names), 3);
	assert_string_equal(json_string_value(json_array_get(names, 0)), "idle");
	assert_string_equal(doc__text(field(matrix, 0, 0), "verdict"), "same");
	assert_string_equal(doc__text(field(matrix, 0, 1), "verdict"), "slower");
	assert_true(fabs(doc__number(field(matrix, 0, 1), "ratio") - 2) < 0.01);
	assert_string_equal(doc__text(field(matrix, 1, 1), "verdict"), "faster");
	assert_true(json_is_null(field(matrix, 1, 0)));
	assert_string_equal(doc__text(field(matrix, 1, 2), "status"), "failed");
	assert_true(isnan(doc__number(field(matrix, 1, 2), "ratio")));
	json_decref(matrix);
	json_decref(doc);
}

/* Every third sample is long: what a neighbour does that takes the CPU away now and then. */
static void few_that_wait_long_are_seen_in_the_means(void **state)
{
	json_t *doc = document(), *cell = json_array_get(json_object_get(doc, "cells"), 1), *matrix;
	json_t *round;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(cell, "rounds"), i, round)
		json_array_set_new(json_object_get(round, "samples"), 2, json_real(1000));
	matrix = neighbour_view__matrix(doc);
	assert_string_equal(doc__text(field(matrix, 0, 0), "verdict"), "slower");
	assert_true(doc__bool(field(matrix, 0, 0), "means") == 1);
	assert_true(fabs(doc__number(field(matrix, 0, 0), "ratio") - 4) < 0.1);
	json_decref(matrix);
	json_decref(doc);
}

/* Five rounds on either side have a p of 0.8 % at best: enough for one test, not for two. */
static void two_tests_share_one_rate_of_error(void **state)
{
	json_t *doc = document(), *cells = json_object_get(doc, "cells"), *matrix;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		json_t *rounds = json_object_get(json_array_get(cells, i), "rounds");

		while (json_array_size(rounds) > 5)
			json_array_remove(rounds, 5);
	}
	matrix = neighbour_view__matrix(doc);
	assert_string_equal(doc__text(field(matrix, 0, 1), "verdict"), "inconclusive");
	assert_true(fabs(doc__number(field(matrix, 0, 1), "ratio") - 2) < 0.01);
	json_decref(matrix);
	json_decref(doc);
}

static void the_table_marks_verdicts(void **state)
{
	static const char *const expected[2][4] = {
		{ "chase", "1.01 =", "2.00 >", "" },
		{ "pio-user", "", "0.80 <", "failed" },
	};
	json_t *doc = document(), *table = neighbour_view__table(doc, &style_plain);

	(void)state;
	for (size_t row = 0; row < 2; row++)
		for (size_t i = 0; i < 4; i++) {
			const json_t *cells =
				doc__at(json_array_get(json_object_get(table, "rows"), row),
					"cells");

			assert_string_equal(json_string_value(json_array_get(cells, i)),
					    expected[row][i]);
		}
	json_decref(table);
	json_decref(doc);
}

static void one_victim_or_one_neighbour_is_no_matrix(void **state)
{
	json_t *doc = document__new("fnv1a64:1", "tsc");

	(void)state;
	add(doc, "chase", "none", 100);
	add(doc, "chase", "idle", 100);
	add(doc, "chase", "memory", 100);
	assert_null(neighbour_view__matrix(doc));
	assert_null(neighbour_view__table(doc, &style_plain));
	json_decref(doc);
	doc = document__new("fnv1a64:1", "tsc");
	for (int i = 0; i < 2; i++) {
		add(doc, i ? "chase" : "pio-user", "none", 100);
		add(doc, i ? "chase" : "pio-user", "idle", 100);
	}
	assert_null(neighbour_view__matrix(doc));
	json_decref(doc);
}

static void the_heat_map_has_figure_and_verdict(void **state)
{
	json_t *doc = document(), *charts, *chart = NULL, *one;
	struct compare_side side = { .name = "r.json", .doc = doc };
	const char *fields, *missing;
	size_t i;

	(void)state;
	charts = charts__build(&side, 1, NULL);
	json_array_foreach(charts, i, one)
		if (!strcmp(doc__text(one, "kind"), "neighbours"))
			chart = one;
	assert_non_null(chart);
	assert_string_equal(doc__text(chart, "group"), NEIGHBOUR_VIEW_TITLE);
	fields = json_string_value(json_object_get(json_object_get(chart, "files"), "fields.dat"));
	missing =
		json_string_value(json_object_get(json_object_get(chart, "files"), "missing.dat"));
	assert_non_null(strstr(fields, "1\t1\t1.01\t1.01 =\t"));
	assert_non_null(strstr(fields, "2\t1\t2\t2.00 ›\t"));
	assert_non_null(strstr(fields, "2\t2\t0.8\t0.80 ‹\t"));
	assert_string_equal(missing, "3\t1\tnot measured\n1\t2\tnot measured\n3\t2\tfailed\n");
	json_decref(charts);
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_pair_is_judged_against_the_victim_alone),
		cmocka_unit_test(few_that_wait_long_are_seen_in_the_means),
		cmocka_unit_test(two_tests_share_one_rate_of_error),
		cmocka_unit_test(the_table_marks_verdicts),
		cmocka_unit_test(one_victim_or_one_neighbour_is_no_matrix),
		cmocka_unit_test(the_heat_map_has_figure_and_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
