// SPDX-License-Identifier: GPL-2.0-or-later
/* What exits touch, in words: exactly what the counts say, and nothing where one is not known. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "bench/result/touched.h"

static json_t *footprint(int code, int data, int l1i, int ways)
{
	return json_pack("{s:i, s:i, s:i, s:{s:s, s:{s:i, s:i, s:i}, s:{s:i, s:i, s:i}, "
			 "s:{s:i, s:i, s:i}, s:{s:i, s:i, s:i}, s:{s:i, s:i, s:i}}}",
			 "code_lines", code, "data_lines", data, "loads", 747, "model", "preset",
			 "zen3", "l1i", "size", 32768, "ways", ways, "misses", l1i, "l1d", "size",
			 32768, "ways", 8, "misses", 18, "l2", "size", 524288, "ways", 8, "misses",
			 0, "itlb", "size", 64, "ways", 64, "misses", 69, "dtlb", "size", 64,
			 "ways", 64, "misses", 48);
}

static void one_exit_is_reported(void **state)
{
	json_t *f = footprint(481, 233, 244, 8), *unknown = json_pack("{s:s}", "why", "no plugin");
	char text[256];

	(void)state;
	assert_true(touched__sentence(f, text, sizeof(text)));
	assert_string_equal(text, "touches 481 lines of code, 94 % of a 32 KiB L1I, and 233 lines "
				  "of data, 46 % of a 32 KiB L1D");
	assert_true(touched__modelled(f, text, sizeof(text)));
	assert_string_equal(text,
			    "in a model of zen3's caches 244 lines miss L1I, 18 L1D, 0 L2; 69 "
			    "pages ITLB, 48 DTLB");
	assert_false(touched__sentence(unknown, text, sizeof(text)));
	assert_false(touched__modelled(unknown, text, sizeof(text)));
	assert_string_equal(text, "");
	assert_false(touched__sentence(NULL, text, sizeof(text)));
	json_object_set_new(f, "model", json_null());
	assert_false(touched__modelled(f, text, sizeof(text)));
	json_decref(unknown);
	json_decref(f);
}

static void two_exits_are_reported_by_what_differs(void **state)
{
	json_t *base = footprint(481, 233, 244, 8), *new = footprint(490, 233, 250, 8);
	json_t *other = footprint(490, 233, 250, 4), *unknown = json_object(), *both;
	char text[256], small[16];

	(void)state;
	assert_true(touched__changes(base, new, text, sizeof(text)));
	assert_string_equal(text, "code lines 481 -> 490, modelled misses of L1I 244 -> 250");
	/* Misses in unlike caches are not compared. */
	assert_true(touched__changes(base, other, text, sizeof(text)));
	assert_string_equal(text, "code lines 481 -> 490");
	assert_false(touched__changes(base, base, text, sizeof(text)));
	assert_false(touched__changes(base, unknown, text, sizeof(text)));
	assert_string_equal(text, "");
	touched__changes(base, new, small, sizeof(small));
	assert_int_equal(strlen(small), sizeof(small) - 1);
	both = touched__to_json(base, new);
	assert_int_equal(json_integer_value(
				 json_object_get(json_object_get(both, "code_lines"), "new")),
			 490);
	json_decref(both);
	both = touched__to_json(base, unknown);
	assert_true(json_is_null(both));
	json_decref(both);
	json_decref(base);
	json_decref(new);
	json_decref(other);
	json_decref(unknown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_exit_is_reported),
		cmocka_unit_test(two_exits_are_reported_by_what_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
