// SPDX-License-Identifier: GPL-2.0-or-later
/* What changed since a baseline: settings by their name and place, and no counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/doctor/baseline.h"

/* A document of one check with what it found. */
static json_t *found(const char *list)
{
	json_t *doc = json_pack("{s:[{s:s, s:o}]}", "checks", "id", "cpu-governor", "found",
				json_loads(list, 0, NULL));

	assert_non_null(doc);
	return doc;
}

/* The changes from one list to another, as "WHAT BEFORE NOW;…". */
static void assert_changes(const char *before, const char *now, const char *changes)
{
	json_t *a = found(before), *b = found(now), *list = doctor_baseline__compare(a, b), *one;
	char text[512] = "";
	size_t i, n = 0;

	json_array_foreach(list, i, one) {
		const char *check, *what, *was, *is;

		assert_int_equal(json_unpack(one, "{s:s, s:s, s:s, s:s}", "check", &check, "what",
					     &what, "before", &was, "now", &is),
				 0);
		assert_string_equal(check, "cpu-governor");
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s %s %s;", what, was, is);
	}
	assert_string_equal(text, changes);
	json_decref(list);
	json_decref(a);
	json_decref(b);
}

#define IS(what, value)	     "{\"what\": \"" what "\", \"value\": \"" value "\"}"
#define COUNTED(what, value) "{\"what\": \"" what "\", \"value\": \"" value "\", \"counted\": true}"

static void a_setting_that_differs_is_named(void **state)
{
	(void)state;
	assert_changes("[" IS("/sys/a", "1") "]", "[" IS("/sys/a", "1") "]", "");
	assert_changes("[" IS("/sys/a", "1") "]", "[" IS("/sys/a", "0") "]", "/sys/a 1 0;");
	assert_changes("[]", "[" IS("/sys/a", "0") "]", "/sys/a - 0;");
	assert_changes("[" IS("/sys/a", "1") "]", "[]", "/sys/a 1 -;");
	/* Of the kernel's command line, of what KVM can do: there is no path. */
	assert_changes("[]", "[" IS("mitigations=", "off") "]", "mitigations= - off;");
}

/* Values of one name stand in an order: groups of CPUs, for instance. */
static void the_second_of_a_name_is_compared_with_the_second(void **state)
{
	(void)state;
	assert_changes("[" IS("/sys/a", "p: 0-7") ", " IS("/sys/a", "s: 8") "]",
		       "[" IS("/sys/a", "p: 0-7") ", " IS("/sys/a", "p: 8") "]",
		       "/sys/a s: 8 p: 8;");
	assert_changes("[" IS("/sys/a", "p: 0-7") ", " IS("/sys/a", "s: 8") "]",
		       "[" IS("/sys/a", "p: 0-7") "]", "/sys/a s: 8 -;");
}

static void what_changes_by_itself_is_no_setting(void **state)
{
	(void)state;
	assert_changes("[" COUNTED("/proc/stat", "1") ", " COUNTED("a (pid 7)", "4") "]",
		       "[" COUNTED("/proc/stat", "2") ", " COUNTED("b (pid 8)", "5") "]", "");
}

static void another_document_is_refused(void **state)
{
	static const char *const texts[] = {
		"{",
		"[]",
		"{\"schema\": \"hvbench.result/1\", \"checks\": []}",
		"{\"schema\": \"hvbench.doctor/1\"}",
	};
	char path[128];
	struct error err;
	json_t *doc;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/hvbench-baseline-XXXXXX", getenv("TMP") ?: "/tmp");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, texts[i], strlen(texts[i]), 0), strlen(texts[i]));
		assert_null(doctor_baseline__load(path, &err));
		assert_int_equal(err.code, -EBADMSG);
		assert_non_null(strstr(err.text, path));
	}
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_true(pwrite(fd, "{\"schema\": \"hvbench.doctor/1\", \"checks\": []}", 44, 0) == 44);
	doc = doctor_baseline__load(path, &err);
	assert_non_null(doc);
	json_decref(doc);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_setting_that_differs_is_named),
		cmocka_unit_test(the_second_of_a_name_is_compared_with_the_second),
		cmocka_unit_test(what_changes_by_itself_is_no_setting),
		cmocka_unit_test(another_document_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
