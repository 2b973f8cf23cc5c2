// SPDX-License-Identifier: GPL-2.0-or-later
/* Text that grows in memory has every part, or the program ends. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/base/error.h"

/* The allocation that fails: the n-th from now on; 0: none. */
static unsigned int fails_at;

static void *failing_realloc(void *old, size_t size)
{
	return fails_at && !--fails_at ? NULL : realloc(old, size);
}
#define realloc failing_realloc
#include "bench/base/alloc.c"
#undef realloc

#define LINES 5000

static void write_lines(FILE *out)
{
	for (int i = 0; i < LINES; i++)
		fprintf(out, "line %d\n", i);
}

static void a_stream_holds_what_was_written(void **state)
{
	size_t len, expected_len;
	char *text, *expected;
	FILE *out = alloc__stream(&text, &len), *usual = open_memstream(&expected, &expected_len);

	(void)state;
	assert_int_equal(len, 0);
	assert_string_equal(text, "");
	fputs("begun", out);
	assert_string_equal(text, "begun");
	write_lines(out);
	fputs("begun", usual);
	write_lines(usual);
	alloc__close_stream(out);
	fclose(usual);
	assert_int_equal(len, expected_len);
	assert_string_equal(text, expected);
	free(text);
	free(expected);
}

/* Of both nobody asks how long they are. */
static void streams_may_share_a_length(void **state)
{
	char *a, *b;
	size_t len;
	FILE *first = alloc__stream(&a, &len), *second = alloc__stream(&b, &len);

	(void)state;
	for (int i = 0; i < 3; i++) {
		fputs("first ", first);
		fputs("the second ", second);
	}
	alloc__close_stream(first);
	alloc__close_stream(second);
	assert_string_equal(a, "first first first ");
	assert_string_equal(b, "the second the second the second ");
	free(a);
	free(b);
}

/* One allocation that fails, after which there is memory again, must not leave a gap. */
static void a_stream_that_cannot_grow_ends_the_program(void **state)
{
	(void)state;
	for (unsigned int at = 1; at <= 3; at++) {
		int status;
		pid_t pid = fork();

		if (!pid) {
			size_t len;
			char *text;
			FILE *out = alloc__stream(&text, &len);

			close(STDERR_FILENO);
			fails_at = at;
			write_lines(out);
			alloc__close_stream(out);
			_exit(0);
		}
		assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_INTERNAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_holds_what_was_written),
		cmocka_unit_test(streams_may_share_a_length),
		cmocka_unit_test(a_stream_that_cannot_grow_ends_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
