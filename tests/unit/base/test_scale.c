// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Large documents: four times as many cells take about four times as long, not sixteen, whether
 * their workloads differ or are all the same, whether each has parameters of its own, or no cell
 * has a counterpart.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "reports/charts/charts.h"
#include "reports/compare/compare.h"
#include "reports/formats/report.h"
#include "tests/documents.h"

#define FEW  250
#define MANY (4 * FEW)
#define MOST_TIMES \
	9	     /* linear is 4, with logarithms and caches somewhat more;
				 * quadratic is 16 */
#define CLOCK_S 0.03 /* smaller differences are due to the clock and the machine */

enum shape { NAMES, VALUES, PARAMETERS, CONFIGS, GROUPS, NOTES, NR_SHAPES };

static const char *const shapes[] = { "names",		"values", "parameters",
				      "configurations", "groups", "notes" };

static json_t *params_of(enum shape shape, int i)
{
	json_t *params = json_pack("{s:i, s:i}", "a", shape == VALUES ? i : i % 7, "b", i % 3);
	char name[32];

	for (int k = 0; shape == PARAMETERS && k < 8; k++) {
		snprintf(name, sizeof(name), "p%d_%d", i, k);
		json_object_set_new(params, name, json_integer(k));
	}
	return params;
}

/* `nr` cells that differ in `shape`; `of` is part of their workloads' names. */
static json_t *document_of(enum shape shape, int nr, const char *of)
{
	static const double rounds[] = { 10, 11 };
	json_t *doc = document__new("fnv1a64:1", "icount");
	char name[32];

	for (int i = 0; i < nr; i++) {
		json_t *cell, *config = json_pack("{s:s, s:i}", "name", "default", "vms", 1);

		snprintf(name, sizeof(name), "%s%d", of, shape == NAMES ? i : 0);
		cell = document__cell(doc, name, rounds, 2);
		json_object_set_new(cell, "params", params_of(shape, i));
		snprintf(name, sizeof(name), "n%d", i);
		if (shape == CONFIGS)
			json_object_set_new(config, name, json_integer(i));
		json_object_set_new(cell, "config", config);
		if (shape == GROUPS)
			json_object_set_new(cell, "group", json_string(name));
		if (shape == NOTES)
			json_object_set_new(cell, "warnings", json_pack("[s]", name));
	}
	return doc;
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void render_all(const struct compare_side *side, FILE *null)
{
	for_each_renderer(r, SHOW_RESULT)
		assert_int_equal(r->render(SHOW_RESULT, side->doc, null,
					   &(struct report_options){ .width = 100 }),
				 0);
}

/* The least of three: other processes can only make it longer. */
static double time_of(enum shape shape, int nr,
		      void (*work)(const struct compare_side *sides, FILE *null))
{
	json_t *docs[] = { document_of(shape, nr, "w"), document_of(shape, nr, "v") };
	struct compare_side sides[] = { { "w", docs[0] }, { "v", docs[1] } };
	FILE *null = fopen("/dev/null", "w");
	double least = 1e9;

	assert_non_null(null);
	for (int i = 0; i < 3; i++) {
		double begin = cpu_s(), took;

		work(sides, null);
		took = cpu_s() - begin;
		least = took < least ? took : least;
	}
	fclose(null);
	json_decref(docs[0]);
	json_decref(docs[1]);
	return least;
}

static void render(const struct compare_side *sides, FILE *null)
{
	render_all(&sides[0], null);
}

static void draw(const struct compare_side *sides, FILE *null)
{
	(void)null;
	json_decref(charts__build(sides, 1, NULL));
}

static void compare(const struct compare_side *sides, FILE *null)
{
	const struct compare_options options = { .rules = { .floor = .02, .alpha = .01 },
						 .force = true };

	(void)null;
	json_decref(compare__documents(&sides[0], &sides[0], 1, &options));
	json_decref(compare__documents(&sides[0], &sides[1], 1, &options));
}

static void check(const char *what, void (*work)(const struct compare_side *sides, FILE *null))
{
	for (int shape = 0; shape < NR_SHAPES; shape++) {
		double few = time_of(shape, FEW, work), many = time_of(shape, MANY, work);

		print_message("%s, %s: %d cells %.3f s, %d cells %.3f s\n", what, shapes[shape],
			      FEW, few, MANY, many);
		assert_true(many <= MOST_TIMES * few + CLOCK_S);
	}
}

static void tables_take_as_long_as_there_are_cells(void **state)
{
	(void)state;
	check("tables", render);
}

static void charts_take_as_long_as_there_are_cells(void **state)
{
	(void)state;
	check("charts", draw);
}

static void comparisons_take_as_long_as_there_are_cells(void **state)
{
	(void)state;
	check("comparison", compare);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_take_as_long_as_there_are_cells),
		cmocka_unit_test(charts_take_as_long_as_there_are_cells),
		cmocka_unit_test(comparisons_take_as_long_as_there_are_cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
