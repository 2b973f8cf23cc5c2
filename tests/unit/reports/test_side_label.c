// SPDX-License-Identifier: GPL-2.0-or-later
/* The labels of several results beside each other. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "reports/views/side_label.h"

static const struct {
	const char *name[4], *label[4];
} table[] = {
	{ { "/tmp/q1.json" }, { "q1" } },
	{ { "/tmp/q1.json", "q2.json" }, { "q1", "q2" } },
	{ { "a/result.json", "b/result.json" }, { "a/result", "b/result" } },
	{ { "x/result.json", "x/other.json" }, { "result", "other" } },
	{ { "result.json", "old/result.json" }, { "result", "old/result" } },
	{ { "/result.json", "old/result.json" }, { "/result", "old/result" } },
	{ { "a/1/r.json", "b/1/r.json", "b/2/r.json", "s" }, { "a/1/r", "b/1/r", "2/r", "s" } },
	{ { "a//r.json", "b//r.json" }, { "a//r", "b//r" } },
	{ { "q.json", "q.json", "other" }, { "1: q", "2: q", "other" } },
	{ { "q.json", "q" }, { "1: q", "2: q" } },
	/* Cut in the middle, where they are alike. */
	{ { "nightly-2026-11-28-linux-6.18.1.json", "nightly-2026-11-28-linux-6.18.2.json" },
	  { "nightly-2026-11~x-6.18.1", "nightly-2026-11~x-6.18.2" } },
	/* Alike in the part there is room for. */
	{ { "nightly-2026-11-28-linux-6.18.1.json", "nightly-2026-11-29-linux-6.18.1.json" },
	  { "1: nightly-2026~x-6.18.1", "2: nightly-2026~x-6.18.1" } },
	{ { "-", "x.json" }, { "-", "x" } },
	{ { ".json", "/" }, { ".json", "/" } },
	{ { "\xff.json", "a" }, { "?", "a" } },
};

static void they_differ_and_no_more_than_they_must(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct compare_side sides[4];
		size_t nr = 0;

		for (; nr < 4 && table[i].name[nr]; nr++)
			sides[nr] = (struct compare_side){ .name = table[i].name[nr] };
		for (size_t k = 0; k < nr; k++) {
			json_t *label = side__label(sides, nr, k, 24);

			assert_string_equal(json_string_value(label), table[i].label[k]);
			json_decref(label);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_differ_and_no_more_than_they_must),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
