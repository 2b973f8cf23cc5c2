// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of verdicts: every line is complete, and a word without a line is never a silent
 * "same".
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "bench/base/verdicts.h"
#include "reports/compare/compare_status.h"

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

static void each_verdict_is_whole(void **state)
{
	static const char *const colors[] = { "", "red", "yellow", "green", NULL };
	static const char *const kinds[] = { "passed", "failure", "skipped", NULL };

	(void)state;
	for (int i = 0; i < NR_VERDICTS; i++) {
		const struct verdict_row *v = &verdict_table[i];

		assert_int_equal(v->verdict, i);
		assert_ptr_equal(verdict__find(v->name), v);
		assert_true(v->on != 0);
		assert_true(is_one_of(v->color, colors));
		assert_true(is_one_of(v->junit, kinds));
		/* A verdict that fails the command also fails the CI job, and is shown in red. */
		assert_int_equal(v->status == EXIT_REGRESSION, !strcmp(v->junit, "failure"));
		assert_int_equal(v->status == EXIT_REGRESSION, !strcmp(v->color, "red"));
		assert_true(*v->shown && *v->tile);
	}
}

static void a_word_that_is_no_verdict_is_loud(void **state)
{
	json_t *cell = json_pack("{s:s, s:s, s:s}", "verdict", "sideways", "base_status", "ok",
				 "new_status", "ok");
	json_t *same = json_pack("{s:s, s:s, s:s, s:i}", "verdict", "same", "base_status", "ok",
				 "new_status", "ok", "status", 0);
	json_t *cells, *none = json_object();

	(void)state;
	assert_null(verdict__find("sideways"));
	assert_int_equal(verdict__status("sideways"), EXIT_INTERNAL);
	assert_string_equal(verdict__color("sideways"), "red");
	assert_string_equal(verdict__junit("sideways", EXIT_OK), "error");
	assert_false(verdict__is_judged("sideways"));
	for (int i = 0; i < NR_VERDICTS; i++)
		assert_int_not_equal(verdict__rgb("sideways"), verdict_table[i].rgb);
	assert_int_equal(compare_status__of_cell(cell, MISSING_IGNORE, true), EXIT_INTERNAL);
	json_object_set_new(cell, "status", json_integer(EXIT_INTERNAL));
	cells = json_pack("[o, o]", cell, same);
	assert_int_equal(compare_status__of_all(cells, none), EXIT_INTERNAL);
	json_decref(cells);
	json_decref(none);
}

static void the_worse_of_two_statuses_is_returned(void **state)
{
	static const int order[] = { EXIT_INTERNAL, EXIT_REGRESSION, EXIT_NOT_COMPARABLE,
				     EXIT_INCONCLUSIVE, EXIT_OK };

	(void)state;
	for (int i = 0; i < 5; i++)
		for (int k = 0; k < 5; k++)
			assert_int_equal(exit_status__worse(order[i], order[k]),
					 order[i < k ? i : k]);
	assert_int_equal(exit_status__worse(EXIT_OK, EXIT_NOTHING_TO_RUN_ON),
			 EXIT_NOTHING_TO_RUN_ON);
}

/* The result's schema allows the same words for settings against each other. */
static void the_schema_has_the_same_words(void **state)
{
	json_t *schema = json_load_file("bench/result/result.schema.json", 0, NULL);
	const json_t *words;
	size_t nr = 0;

	(void)state;
	if (!schema)
		skip();
	words = json_object_get(
		json_object_get(
			json_object_get(
				json_object_get(json_object_get(json_object_get(schema,
										"properties"),
								"ab"),
						"items"),
				"properties"),
			"verdict"),
		"enum");
	for (int i = 0; i < NR_VERDICTS; i++) {
		const json_t *word;
		bool found = false;
		size_t k;

		if (!(verdict_table[i].on & ON_AB))
			continue;
		json_array_foreach(words, k, word)
			found = found || !strcmp(json_string_value(word), verdict_table[i].name);
		assert_true(found);
		nr++;
	}
	assert_int_equal(json_array_size(words), nr);
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verdict_is_whole),
		cmocka_unit_test(a_word_that_is_no_verdict_is_loud),
		cmocka_unit_test(the_worse_of_two_statuses_is_returned),
		cmocka_unit_test(the_schema_has_the_same_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
