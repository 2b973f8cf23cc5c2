// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON from data that JSON may not be able to represent, and paths into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"

static void assert_written(json_t *value, const char *text)
{
	char *written = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

	assert_non_null(written);
	assert_string_equal(written, text);
	free(written);
	json_decref(value);
}

static void numbers_are_as_short_as_they_can_be(void **state)
{
	(void)state;
	assert_written(json__number(3), "3");
	assert_written(json__number(-3), "-3");
	assert_written(json__number(.5), "0.5");
	/* 2^53 is the last up to which every integer is a double. */
	assert_written(json__number(9007199254740992.), "9007199254740992");
	assert_written(json__number(18014398509481984.), "18014398509481984.0");
	assert_written(json__number(NAN), "null");
	assert_written(json__number(-INFINITY), "null");
	assert_written(json__u64(0), "0");
	assert_written(json__u64(INT64_MAX), "9223372036854775807");
	assert_written(json__u64(INT64_MAX + 1ull), "\"9223372036854775808\"");
}

static void text_is_utf_8(void **state)
{
	(void)state;
	assert_written(json__text(NULL), "null");
	assert_written(json__text(""), "\"\"");
	assert_written(json__text("a\xff"
				  "b"),
		       "\"a\xef\xbf\xbd"
		       "b\"");
}

static void a_path_leads_to_a_field_or_to_nothing(void **state)
{
	json_t *doc = json_pack("{s:{s:{s:i}, s:[i]}}", "cpu", "idle", "states", 4, "list", 1);

	(void)state;
	assert_ptr_equal(json__at(doc, ""), doc);
	assert_int_equal(json_integer_value(json__at(doc, "cpu.idle.states")), 4);
	assert_null(json__at(doc, "cpu.none.states"));
	assert_null(json__at(doc, "cpu.idle.states.more"));
	assert_null(json__at(doc, "cpu.list.0"));
	assert_null(json__at(NULL, "cpu"));
	json_decref(doc);
}

static void what_has_one_name_is_gathered_in_one_list(void **state)
{
	json_t *lists = json_object();

	(void)state;
	json__gather(lists, "b", json_integer(1));
	json__gather(lists, "a", json_integer(2));
	json__gather(lists, "b", json_integer(3));
	assert_written(lists, "{\"b\":[1,3],\"a\":[2]}");
}

static void a_clean_copy_has_no_control_characters_in_names_either(void **state)
{
	json_t *doc = json_pack("{s:[s, i, n]}", "\x1b[1m", "a\nb", 3);
	json_t *copy = json__clean_copy(doc);
	char *text = json_dumps(copy, 0);

	(void)state;
	assert_non_null(text);
	assert_null(strstr(text, "\\u001b"));
	assert_null(strstr(text, "\\n"));
	assert_int_equal(json_object_size(copy), 1);
	free(text);
	json_decref(copy);
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_as_short_as_they_can_be),
		cmocka_unit_test(text_is_utf_8),
		cmocka_unit_test(a_path_leads_to_a_field_or_to_nothing),
		cmocka_unit_test(what_has_one_name_is_gathered_in_one_list),
		cmocka_unit_test(a_clean_copy_has_no_control_characters_in_names_either),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
