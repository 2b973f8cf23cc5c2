// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text of foreign origin: whatever its bytes are, what is shown is valid UTF-8 of bounded length
 * without commands to a terminal, and no field of CSV is a formula. Names of processes go through
 * it too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bench/base/clean_text.h"
#include "bench/base/csv.h"
#include "bench/base/stats.h"
#include "bench/base/utf8.h"
#include "probes/vmfind.h"

static void is_clean(const char *text)
{
	size_t len = strlen(text), used;
	uint32_t cp;

	for (size_t i = 0; i < len; i += used) {
		used = utf8__decode(text + i, len - i, &cp);
		if (cp == UTF8_INVALID || utf8__is_unsafe(cp))
			fail_msg("byte %zu of '%s'", i, text);
	}
}

static void shows_what_is_hidden(void **state)
{
	static const struct {
		const char *from, *to;
	} table[] = {
		{ "qemu-kvm", "qemu-kvm" },
		{ "Größe €", "Größe €" },
		{ "a\033[2Jb", "a\\x1b[2Jb" },
		{ "a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f" },
		{ "\xc2\x9b"
		  "31m",
		  "\\u{9b}31m" },
		{ "\xff\xc0\x80", "\\xff\\xc0\\x80" },
		{ "\xe2\x80\xae"
		  "fdp",
		  "\\u{202e}fdp" },
		{ "a\xe3\x85\xa4"
		  "b",
		  "a\\u{3164}b" },		       /* a letter that is invisible */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* half of a surrogate pair */
		{ "\xe2\x82", "\\xe2\\x82" },
		{ "", "" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		assert_int_equal(clean_text(text, sizeof(text), table[i].from,
					    strlen(table[i].from)),
				 strlen(table[i].to));
		assert_string_equal(text, table[i].to);
		clean_text__in_place(text, sizeof(text));
		assert_string_equal(text, table[i].to);
	}
	clean_text(text, sizeof(text), "a\0b", 3);
	assert_string_equal(text, "a\\x00b");
}

static void is_bounded(void **state)
{
	static const char from[] = "ab\033\xe2\x82\xac\xff\xe2\x80\xae";
	char text[80];

	(void)state;
	for (size_t room = 4; room < sizeof(text); room++) {
		memset(text, '#', sizeof(text));
		clean_text(text, room, from, sizeof(from) - 1);
		assert_true(strlen(text) < room);
		for (size_t i = room; i < sizeof(text); i++)
			assert_int_equal(text[i], '#');
		is_clean(text);
	}
	clean_text(text, 8, "abcdefgh", 8);
	assert_string_equal(text, "abcd…");
	clean_text(text, 9, "abcdefgh", 8);
	assert_string_equal(text, "abcdefgh");
	clean_text(text, 8, "abc\033", 4);
	assert_string_equal(text, "abc\\x1b");
}

static void random_bytes_come_out_clean(void **state)
{
	char from[40], to[CLEAN_TEXT_ROOM(sizeof(from))], again[sizeof(to)];
	struct rng rng;

	(void)state;
	rng__seed(&rng, 1);
	for (unsigned int round = 0; round < 100000; round++) {
		size_t len = rng__next(&rng) % sizeof(from),
		       room = 4 + rng__next(&rng) % (sizeof(to) - 4);

		for (size_t i = 0; i < len; i++)
			from[i] = (char)rng__next(&rng);
		clean_text(to, room, from, len);
		is_clean(to);
		clean_text(again, sizeof(again), to, strlen(to));
		assert_string_equal(again, to);
	}
}

static char *field(const char *text)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	csv__text(f, text);
	fclose(f);
	return out;
}

static void csv_fields_are_no_formulas(void **state)
{
	static const struct {
		const char *from, *to;
	} table[] = {
		{ "pio-user", "pio-user" },
		{ "=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0" },
		{ "@SUM(1,2)", "\"'@SUM(1,2)\"" },
		{ "+1+2", "'+1+2" },
		{ "-1+2", "'-1+2" },
		{ "-1", "-1" },
		{ "+0.25", "+0.25" },
		{ " =1", "\"' =1\"" },
		{ "\t=1", "\\x09=1" },
		{ "a \"b\"", "\"a \"\"b\"\"\"" },
		{ "a\nb", "a\\x0ab" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		char *text = field(table[i].from);

		assert_string_equal(text, table[i].to);
		free(text);
	}
}

static void names_of_processes_are_clean(void **state)
{
	struct vm_process process;

	(void)state;
	prctl(PR_SET_NAME, "\033]0;\xff\xc2\x9b"
			   "x");
	assert_int_equal(vmfind__process(getpid(), &process), 0);
	assert_string_equal(process.comm, "\\x1b]0;\\xff\\u{9b}x");
	prctl(PR_SET_NAME, "\033\033\033\033\033\033\033\033\033\033\033\033\033\033\033");
	assert_int_equal(vmfind__process(getpid(), &process), 0);
	assert_int_equal(strlen(process.comm), 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_what_is_hidden),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(random_bytes_come_out_clean),
		cmocka_unit_test(csv_fields_are_no_formulas),
		cmocka_unit_test(names_of_processes_are_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
