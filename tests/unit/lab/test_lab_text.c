// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text goes into an emulated host unchanged or is refused; text from it is read on from the last
 * position, is checked, and is never read beyond its end.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/lab/cmdline.h"
#include "bench/lab/fs.h"
#include "bench/lab/trace.h"
#include "bench/lab/wire.h"

static char path[256];

static int set_up(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/hvbench-lab-text-XXXXXX", getenv("TMP") ?: "/tmp");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static void put(const char *mode, const char *text)
{
	FILE *f = fopen(path, mode);

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void grub_changes_nothing(void **state)
{
	static const struct {
		const char *given, *written;
	} table[] = {
		{ "quiet a=1", "'quiet' 'a=1'" },
		{ "d=$HOME e=a;b f={x|y} g=#1", "'d=$HOME' 'e=a;b' 'f={x|y}' 'g=#1'" },
		{ "  a   b ", "'a' 'b'" },
		/* To the kernel "c=x y" is the same as c="x y". */
		{ "c=\"x y\" z", "'c=x y' 'z'" },
		{ "\"c=x y\"", "'c=x y'" },
		{ "", "" },
	};
	static const char *const refused[] = { "a'b",	  "a\\b",  "a\nb",	"a\x7f",
					       "a\"b\"c", "a=\"b", "a=\"b\"c\"" };
	char out[64], tiny[8];
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(cmdline__for_grub(table[i].given, out, sizeof(out), &err), 0);
		assert_string_equal(out, table[i].written);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(cmdline__for_grub(refused[i], out, sizeof(out), &err), -EINVAL);
	assert_int_equal(cmdline__for_grub("123456789", tiny, sizeof(tiny), &err), -E2BIG);
}

static void a_comma_is_no_option_of_qemu(void **state)
{
	char out[32], tiny[5];

	(void)state;
	assert_string_equal(cmdline__for_qemu("/a,b/c", out, sizeof(out)), "/a,,b/c");
	/* Cut off, but never between a doubled comma's two characters. */
	assert_string_equal(cmdline__for_qemu("ab,,,", tiny, sizeof(tiny)), "ab");
}

static void a_line_over_the_limit_is_refused(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(cmdline__check("123", 4, "Linux", &err), 0);
	assert_int_equal(cmdline__check("1234", 4, "Linux", &err), -E2BIG);
}

/* Each text is in memory of exactly its size, so that a sanitizer sees reads beyond it. */
static void symbols_are_not_read_beyond_their_end(void **state)
{
	static const char *const texts[] = { "",      "1",	"1 ",	 "12 t",
					     "12 t ", "12 t f", "12 \n", "ffff t f\n12 ",
					     "zz t f" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct symbols symbols = { 0 };
		struct error err;

		assert_int_equal(symbols__add(&symbols, strdup(texts[i]), &err), 0);
		assert_int_equal(symbols.nr, i == 4 || i == 5 || i == 7);
		symbols__free(&symbols);
	}
}

static void the_wire_is_read_on(void **state)
{
	struct wire_state sent = { 0 };

	(void)state;
	put("w", "noise"
		 "\n" WIRE_MARK "note 5 0\nhe");
	assert_int_equal(wire__read_on(path, &sent), 0);
	assert_string_equal(sent.note, "");
	put("a", "llo");
	assert_int_equal(wire__read_on(path, &sent), 0);
	assert_string_equal(sent.note, "hello");
	/* A mark that arrives in two parts, and one that is part of a file's content. */
	put("a", "\n@hvben");
	assert_int_equal(wire__read_on(path, &sent), 0);
	put("a", "ch-lab file x 30 0\n" WIRE_MARK "end 3 0\n");
	assert_int_equal(wire__read_on(path, &sent), 0);
	assert_false(sent.ended);
	put("a", "123456789012345678901234567890"
		 "\n" WIRE_MARK "end 7");
	assert_int_equal(wire__read_on(path, &sent), 0);
	assert_false(sent.ended);
	put("a", " 0\n");
	assert_int_equal(wire__read_on(path, &sent), 0);
	assert_true(sent.ended);
	assert_int_equal(sent.status, 7);
	/* Nothing is read twice. */
	put("w", "");
	assert_int_equal(wire__read_on(path, &sent), 0);
	assert_true(sent.ended);
}

static void a_length_that_never_comes_holds_nothing_up(void **state)
{
	struct wire_state sent = { 0 };

	(void)state;
	put("w", "\n" WIRE_MARK "file x 99999999999 0\nab\n" WIRE_MARK "end 4 0\n");
	assert_int_equal(wire__read_on(path, &sent), 0);
	assert_true(sent.ended);
	assert_int_equal(sent.status, 4);
}

static void what_a_progress_line_said_before_is_gone(void **state)
{
	char *text;

	(void)state;
	put("w", "one\r\nround 1/1 0/11 a\r\033[Kround 1/1 2/11 b\r\033[K\r\nround 1/1 3/11 "
		 "c\rround 1/1 4/11 d");
	text = fs__tail(path, 1);
	assert_string_equal(text, "round 1/1 4/11 d");
	free(text);
	text = fs__tail(path, 2);
	/* As a terminal would show it: the line before was erased. */
	assert_string_equal(text, "\nround 1/1 4/11 d");
	free(text);
}

static void only_files_that_end_are_read(void **state)
{
	char fifo[300];
	struct error err;

	(void)state;
	snprintf(fifo, sizeof(fifo), "%s.fifo", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_null(fs__read(fifo, NULL, &err));
	assert_int_equal(err.code, -EINVAL);
	assert_int_equal(fs__check_file(fifo, "the kernel", &err), -EINVAL);
	unlink(fifo);
	assert_null(fs__read("/dev/zero", NULL, &err));
	assert_int_equal(fs__check_file("/dev/zero", "the file", &err), -EINVAL);
	assert_int_equal(fs__check_file("/", "the file", &err), -EISDIR);
	assert_int_equal(fs__check_file(path, "the file", &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grub_changes_nothing),
		cmocka_unit_test(a_comma_is_no_option_of_qemu),
		cmocka_unit_test(a_line_over_the_limit_is_refused),
		cmocka_unit_test(symbols_are_not_read_beyond_their_end),
		cmocka_unit_test_setup_teardown(the_wire_is_read_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_length_that_never_comes_holds_nothing_up, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_a_progress_line_said_before_is_gone, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(only_files_that_end_are_read, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("text into and out of the lab", tests, NULL, NULL);
}
