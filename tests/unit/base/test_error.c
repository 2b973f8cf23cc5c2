// SPDX-License-Identifier: GPL-2.0-or-later
/* Errors keep code and context, never overflow, and map to the exit statuses scripts rely on. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "bench/base/error.h"

static void set_returns_the_code_and_keeps_the_message(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(error__set(&err, -EINVAL, "bad value '%s'", "x"), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	assert_string_equal(err.text, "bad value 'x'");
	assert_int_equal(error__set(NULL, -EIO, "nobody listens"), -EIO);
	assert_int_equal(error__prefix(NULL, "nobody"), 0);
}

static void prefix_puts_the_context_first(void **state)
{
	struct error err = { 0 };

	(void)state;
	error__set(&err, -ENOENT, "no such key");
	assert_int_equal(error__prefix(&err, "%s:%d", "quick.ini", 12), -ENOENT);
	assert_string_equal(err.text, "quick.ini:12: no such key");
	error__prefix(&err, "run");
	assert_string_equal(err.text, "run: quick.ini:12: no such key");
}

static void what_is_quoted_does_no_harm_to_a_terminal(void **state)
{
	struct error err = { 0 };

	(void)state;
	error__set(&err, -ENOENT, "no file '%s' in %s", "a\x1b[2J\n\xff\xc2\x9b", "M\xc3\xbcnchen");
	assert_string_equal(err.text, "no file 'a?[2J?\?\?\?' in M\xc3\xbcnchen");
	error__prefix(&err, "%s", "b\r");
	assert_int_equal(strncmp(err.text, "b?: no file", 11), 0);
	error__append(&err, "; try %s", "\xe2\x80\xae");
	assert_non_null(strstr(err.text, "; try ?\?\?"));
}

static void append_puts_more_behind(void **state)
{
	struct error err = { 0 };

	(void)state;
	error__set(&err, -EBUSY, "opening: too many");
	assert_int_equal(error__append(&err, "; raise %s", "it"), -EBUSY);
	assert_string_equal(err.text, "opening: too many; raise it");
	memset(err.text, 'a', sizeof(err.text));
	error__append(&err, "x");
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_int_equal(error__append(NULL, "nobody"), 0);
}

static void long_messages_lose_their_end_never_their_context(void **state)
{
	struct {
		struct error err;
		char guard[16];
	} e = { .guard = "untouched" };
	char word[2000];

	(void)state;
	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	error__set(&e.err, -EINVAL, "%s", word);
	assert_int_equal(strlen(e.err.text), sizeof(e.err.text) - 1);
	error__prefix(&e.err, "job");
	assert_int_equal(strlen(e.err.text), sizeof(e.err.text) - 1);
	assert_memory_equal(e.err.text, "job: aaa", 8);
	error__prefix(&e.err, "%s", word);
	assert_int_equal(strlen(e.err.text), sizeof(e.err.text) - 1);
	assert_string_equal(e.err.text + sizeof(e.err.text) - 3, ": ");
	assert_string_equal(e.guard, "untouched");
}

/* Whatever opens something can meet these. */
static void limits_say_what_to_do(void **state)
{
	struct error err, again;

	(void)state;
	assert_int_equal(error__set(&err, -EMFILE, "opening it: %s", strerror(EMFILE)), -EMFILE);
	assert_string_equal(
		err.text,
		"opening it: Too many open files; raise the limit of open files (ulimit -n)");
	assert_int_equal(error__set(&again, -EMFILE, "the VM: %s", err.text), -EMFILE);
	assert_string_equal(again.text, "the VM: opening it: Too many open files; raise the limit "
					"of open files (ulimit -n)");
	error__set(&err, -ENFILE, "opening it: %s", strerror(ENFILE));
	assert_non_null(strstr(err.text, "fs.file-max"));
	error__set(&err, -EIO, "opening it");
	assert_string_equal(err.text, "opening it");
	assert_int_equal(error__set(NULL, -EMFILE, "nobody"), -EMFILE);

	error__set(&err, -EAGAIN, "a thread");
	assert_int_equal(error__advise_start(&err, -EAGAIN), -EAGAIN);
	assert_non_null(strstr(err.text, "ulimit -u"));
	error__set(&err, -ENOMEM, "a thread");
	assert_int_equal(error__advise_start(&err, -ENOMEM), -ENOMEM);
	assert_string_equal(err.text, "a thread");
	assert_int_equal(error__advise_start(NULL, -EAGAIN), -EAGAIN);
}

static void exit_statuses_follow_the_errno(void **state)
{
	static const struct {
		int code, status;
	} table[] = {
		{ 0, EXIT_OK },
		{ -EINVAL, EXIT_USAGE },
		{ -ENOENT, EXIT_NOTHING_TO_RUN_ON },
		{ -ERANGE, EXIT_USAGE },
		{ -EBADMSG, EXIT_BAD_INPUT },
		{ -ENODEV, EXIT_NOTHING_TO_RUN_ON },
		{ -EOPNOTSUPP, EXIT_NOTHING_TO_RUN_ON },
		{ -EACCES, EXIT_NOT_PERMITTED },
		{ -EPERM, EXIT_NOT_PERMITTED },
		{ -EIO, EXIT_IO },
		{ -ENOSPC, EXIT_IO },
		{ -EROFS, EXIT_IO },
		{ -EMFILE, EXIT_IO },
		{ -ENFILE, EXIT_IO },
		{ -EAGAIN, EXIT_IO },
		{ -EINTR, EXIT_INTERRUPTED },
		{ -ENOMEM, EXIT_INTERNAL },
		{ -EPROTO, EXIT_INTERNAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct error err = { .code = table[i].code };

		assert_int_equal(error__exit_status(&err), table[i].status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_returns_the_code_and_keeps_the_message),
		cmocka_unit_test(prefix_puts_the_context_first),
		cmocka_unit_test(append_puts_more_behind),
		cmocka_unit_test(what_is_quoted_does_no_harm_to_a_terminal),
		cmocka_unit_test(long_messages_lose_their_end_never_their_context),
		cmocka_unit_test(limits_say_what_to_do),
		cmocka_unit_test(exit_statuses_follow_the_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
