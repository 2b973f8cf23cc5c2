// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables: text of any origin has no effect in any format, columns are aligned, and rows without
 * figures say why.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "reports/views/table.h"

extern const struct renderer renderer_csv, renderer_markdown;

#define HOSTILE "\033]0;x\a <b>|`@you`, \"=1\" \xe2\x80\xae"

static char *put(struct table *t)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	table__put(t, out, NULL);
	fclose(out);
	table__free(t);
	return text;
}

static void no_text_of_a_cell_acts(void **state)
{
	for_each_renderer(r, ~0u)
	{
		struct table t;
		char *text;

		(void)state;
		if (!r->table)
			continue;
		table__init(&t, r);
		table__column_of(&t, HOSTILE, "left");
		table__column(&t, "own", "right", 0);
		table__column(&t, "figure", "point", 0);
		table__row(&t);
		table__text(&t, HOSTILE);
		table__figure(&t, "%s", "more: ");
		table__more(&t, HOSTILE);
		table__figure(&t, "%d", 1);
		table__row(&t);
		table__text(&t, "x");
		table__figure(&t, "%s", "");
		table__figure(&t, "%s", "");
		table__message(&t, "failed", HOSTILE);
		text = put(&t);
		assert_null(strpbrk(text, "\033\a"));
		assert_null(strstr(text, "\xe2\x80\xae"));
		if (r == &renderer_html)
			assert_null(strstr(text, "<b>"));
		if (r == &renderer_markdown)
			assert_null(strstr(text, "b>|"));
		free(text);
	}
}

static void columns_are_aligned(void **state)
{
	struct table t;
	char *text;

	(void)state;
	table__init(&t, &renderer_text);
	table__space(&t, 0, 1);
	table__column(&t, "name", "left", 6);
	table__column(&t, "n", "right", 4);
	table__column(&t, "at", "point", 0);
	for (int i = 0; i < 3; i++) {
		table__row(&t);
		table__text(&t, i ? "longer-than" : "a");
		table__figure(&t, "%d", i ? 12345 : 1);
		table__figure(&t, "%s", i ? "100" : "1.25");
		if (i == 2)
			table__message(&t, "skipped", "no such thing");
	}
	text = put(&t);
	assert_string_equal(text, "name            n     at\n"
				  "a               1   1.25\n"
				  "longer-than 12345 100\n"
				  "longer-than 12345 skipped: no such thing\n");
	free(text);
}

static void a_bar_does_not_end_a_cell(void **state)
{
	struct table t;
	char *text;

	(void)state;
	table__init(&t, &renderer_markdown);
	table__column(&t, "choices", "left", 0);
	table__row(&t);
	table__figure(&t, "%s", "a|b");
	text = put(&t);
	assert_string_equal(text, "| choices |\n| --- |\n| a\\|b |\n");
	free(text);
}

static void values_are_quoted_where_they_need_it(void **state)
{
	struct table t;
	char *text;

	(void)state;
	table__init(&t, &renderer_csv);
	table__column(&t, "a", "left", 0);
	table__column(&t, "b", "right", 0);
	table__row(&t);
	table__text(&t, "=cmd|x,\"y\"");
	table__figure(&t, "%d", -5);
	text = put(&t);
	assert_string_equal(text, "a,b\n\"'=cmd|x,\"\"y\"\"\",-5\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_text_of_a_cell_acts),
		cmocka_unit_test(columns_are_aligned),
		cmocka_unit_test(a_bar_does_not_end_a_cell),
		cmocka_unit_test(values_are_quoted_where_they_need_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
