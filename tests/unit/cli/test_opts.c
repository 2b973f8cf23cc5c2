// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Command lines: what is accepted, what is refused and with what message; --help and the manual
 * page list every option of the table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/error.h"
#include "bench/cli/opts.h"

enum { OPT_ROUNDS = OPT_LONG, OPT_QUIET };

static const struct opt options[] = {
	{ 'o', "output", "FILE", "Write to FILE" },
	{ OPT_ROUNDS, "rounds", "N", "Fresh VMs for each cell" },
	{ OPT_QUIET, "quiet", NULL,
	  "No progress, however long the sentence is that tells it, which "
	  "for this one is more than a line" },
	{}
};

static const struct usage usage = {
	.command = "test",
	.what = "a command for tests",
	.synopsis = "[JOB]\n-w LIST",
	.text = "First paragraph.\n\n  kept as\n  it is\n\n.Third begins with a dot\\.",
	.options = options,
	.examples = (const struct example[]){ { "hvbench test x", "Example" }, {} },
};

static struct opts parse_start(char **argv)
{
	struct opts opts;
	int argc = 0;

	while (argv[argc])
		argc++;
	opts__init(&opts, &usage, argc, argv);
	return opts;
}

#define ARGV(...) ((char *[]){ (char *)"test", __VA_ARGS__, NULL })
#define ARG(text) ((char *)(text))

static void options_and_operands_in_any_order(void **state)
{
	struct opts opts = parse_start(ARGV(ARG("first"), ARG("-o"), ARG("a"), ARG("second"),
					    ARG("--rounds=7"), ARG("--"), ARG("--quiet")));
	uint64_t n;

	(void)state;
	assert_int_equal(opts__next(&opts), 'o');
	assert_string_equal(opts.arg, "a");
	assert_int_equal(opts__next(&opts), OPT_ROUNDS);
	assert_int_equal(opts__count(&opts, 1, 10, &n), 0);
	assert_int_equal(n, 7);
	assert_null(opts__operand(&opts));
	assert_int_equal(opts__next(&opts), 0);
	assert_string_equal(opts__operand(&opts), "first");
	assert_string_equal(opts__operand(&opts), "second");
	assert_string_equal(opts__operand(&opts), "--quiet");
	assert_int_equal(opts__no_more(&opts), 0);
}

static void a_second_command_line_starts_anew(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct opts opts = parse_start(ARGV(ARG("x"), ARG("-o"), ARG("b")));

		assert_int_equal(opts__next(&opts), 'o');
		assert_int_equal(opts__next(&opts), 0);
		assert_string_equal(opts__operand(&opts), "x");
	}
}

/* What was written to standard error since start(). */
struct capture {
	FILE *file;
	int saved;
	char text[1024];
};

static void capture__start(struct capture *capture)
{
	capture->file = tmpfile();
	assert_non_null(capture->file);
	fflush(stderr);
	capture->saved = dup(STDERR_FILENO);
	dup2(fileno(capture->file), STDERR_FILENO);
}

static void capture__stop(struct capture *capture)
{
	size_t len;

	fflush(stderr);
	dup2(capture->saved, STDERR_FILENO);
	close(capture->saved);
	rewind(capture->file);
	len = fread(capture->text, 1, sizeof(capture->text) - 1, capture->file);
	capture->text[len] = 0;
	fclose(capture->file);
}

static void assert_refused(char **argv, const char *message)
{
	struct opts opts = parse_start(argv);
	struct capture capture;
	uint64_t n;
	int id;

	capture__start(&capture);
	while ((id = opts__next(&opts)) > 0) {
		if (id == OPT_ROUNDS && opts__count(&opts, 1, 10, &n))
			break;
	}
	if (!id)
		opts__no_more(&opts);
	capture__stop(&capture);
	assert_int_equal(opts.status, EXIT_USAGE);
	if (!strstr(capture.text, message))
		fail_msg("'%s' does not say '%s'", capture.text, message);
	assert_non_null(strstr(capture.text, "See 'hvbench test --help'."));
}

static void refusals_name_what_is_wrong(void **state)
{
	(void)state;
	assert_refused(ARGV(ARG("--ronds=3")),
		       "unknown option '--ronds': did you mean '--rounds'?");
	assert_refused(ARGV(ARG("--zzzzzzzz")), "unknown option '--zzzzzzzz'\n");
	assert_refused(ARGV(ARG("-x")), "unknown option '-x'");
	assert_refused(ARGV(ARG("-ox"), ARG("-qx")), "unknown option '-q'");
	assert_refused(ARGV(ARG("-o")), "--output needs an argument");
	assert_refused(ARGV(ARG("--rounds")), "--rounds needs an argument");
	assert_refused(ARGV(ARG("--quiet=yes")), "--quiet takes no argument");
	assert_refused(ARGV(ARG("extra")), "unexpected argument 'extra'");
	assert_refused(ARGV(ARG("--rounds"), ARG("0")),
		       "--rounds: '0' is not a whole number from 1 to 10");
	assert_refused(ARGV(ARG("--rounds"), ARG("11")), "'11' is not a whole number from 1 to 10");
	assert_refused(ARGV(ARG("--rounds"), ARG("-1")), "'-1' is not a whole number");
	assert_refused(ARGV(ARG("--rounds"), ARG("")), "'' is not a whole number");
	assert_refused(ARGV(ARG("--rounds=3x")), "'3x' is not a whole number");
}

static int parse_seconds(const char *text, double *s)
{
	struct opts opts = parse_start(ARGV(ARG("--rounds"), (char *)text));
	struct capture capture;
	int rc;

	assert_int_equal(opts__next(&opts), OPT_ROUNDS);
	capture__start(&capture);
	rc = opts__seconds(&opts, 0.1, 86400, s);
	capture__stop(&capture);
	return rc;
}

static void times_have_units(void **state)
{
	double s;

	(void)state;
	assert_int_equal(parse_seconds("90", &s), 0);
	assert_true(s == 90);
	assert_int_equal(parse_seconds("1.5m", &s), 0);
	assert_true(s == 90);
	assert_int_equal(parse_seconds("500ms", &s), 0);
	assert_true(s == 0.5);
	assert_int_equal(parse_seconds("0", &s), EXIT_USAGE);
	assert_int_equal(parse_seconds("-5", &s), EXIT_USAGE);
	assert_int_equal(parse_seconds("nan", &s), EXIT_USAGE);
	assert_int_equal(parse_seconds("inf", &s), EXIT_USAGE);
	assert_int_equal(parse_seconds("5 parsecs", &s), EXIT_USAGE);
	assert_int_equal(parse_seconds("", &s), EXIT_USAGE);
	assert_int_equal(parse_seconds("2d", &s), EXIT_USAGE);
	assert_int_equal(parse_seconds("25h", &s), EXIT_USAGE);
}

static void choices_are_named(void **state)
{
	static const char *const names[] = { "text", "json", NULL };
	struct opts opts = parse_start(ARGV(ARG("-ojson"), ARG("-oxml")));
	struct capture capture;
	int index = -1;

	(void)state;
	assert_int_equal(opts__next(&opts), 'o');
	assert_int_equal(opts__choice(&opts, names, &index), 0);
	assert_int_equal(index, 1);
	assert_int_equal(opts__next(&opts), 'o');
	capture__start(&capture);
	assert_int_equal(opts__choice(&opts, names, &index), EXIT_USAGE);
	capture__stop(&capture);
	assert_non_null(strstr(capture.text, "'xml' is none of text, json"));
}

/* The value an argument is read as; NAN: it is refused with a message. */
static double parse_share(int (*parse)(struct opts *opts, double *value), const char *text)
{
	struct opts opts = parse_start(ARGV(ARG("--rounds"), (char *)text));
	struct capture capture;
	double value = -1;
	int rc;

	assert_int_equal(opts__next(&opts), OPT_ROUNDS);
	capture__start(&capture);
	rc = parse(&opts, &value);
	capture__stop(&capture);
	if (!rc)
		return value;
	assert_int_equal(rc, EXIT_USAGE);
	assert_true(value == -1);
	assert_non_null(strstr(capture.text, "--rounds"));
	return NAN;
}

static int percentage_up_to_1000(struct opts *opts, double *value)
{
	return opts__percentage(opts, 1000, value);
}

static void percentages_have_their_sign(void **state)
{
	static const char *const refused[] = { "2",   "%",	   "",	   "-1%", "1001%",
					       "2%%", "2 percent", "nan%", "inf%" };

	(void)state;
	assert_true(parse_share(percentage_up_to_1000, "2%") == 0.02);
	assert_true(parse_share(percentage_up_to_1000, "0.5 %") == 0.005);
	assert_true(parse_share(percentage_up_to_1000, "0%") == 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (!isnan(parse_share(percentage_up_to_1000, refused[i])))
			fail_msg("'%s' was taken", refused[i]);
}

static void probabilities_are_above_0(void **state)
{
	static const char *const refused[] = { "0", "0.6", "1%", "", "nan", "-0.1", "0.1 " };

	(void)state;
	assert_true(parse_share(opts__probability, "0.01") == 0.01);
	assert_true(parse_share(opts__probability, "0.5") == 0.5);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (!isnan(parse_share(opts__probability, refused[i])))
			fail_msg("'%s' was taken", refused[i]);
}

static int parse_words(struct opts_words *words, const char *text)
{
	struct opts opts = parse_start(ARGV(ARG("-o"), (char *)text));
	struct capture capture;
	int rc;

	assert_int_equal(opts__next(&opts), 'o');
	capture__start(&capture);
	rc = opts__words(&opts, words);
	capture__stop(&capture);
	return rc;
}

static void lists_have_no_empty_names(void **state)
{
	struct opts_words words = { .copy = NULL };
	char many[4 * OPTS_MAX_WORDS] = "x";

	(void)state;
	assert_int_equal(parse_words(&words, "pio-*,exit"), 0);
	assert_string_equal(words.list[0], "pio-*");
	assert_string_equal(words.list[1], "exit");
	assert_null(words.list[2]);
	/* Given twice, the last one counts. */
	assert_int_equal(parse_words(&words, "memory"), 0);
	assert_string_equal(words.list[0], "memory");
	assert_null(words.list[1]);
	assert_int_equal(parse_words(&words, "a,,b"), EXIT_USAGE);
	assert_int_equal(parse_words(&words, ""), EXIT_USAGE);
	assert_int_equal(parse_words(&words, "a,"), EXIT_USAGE);
	for (int i = 1; i < OPTS_MAX_WORDS; i++)
		strcat(many, ",x");
	assert_int_equal(parse_words(&words, many), 0);
	assert_int_equal(parse_words(&words, strcat(many, ",x")), EXIT_USAGE);
	opts_words__destroy(&words);
}

static char *printed(void (*print)(FILE *))
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	print(out);
	fclose(out);
	return text;
}

static void print_help(FILE *out)
{
	usage__print_help(&usage, out, 60);
}

static void print_man(FILE *out)
{
	usage__print_man(&usage, out);
}

static void help_holds_every_option_and_is_wrapped(void **state)
{
	char *text = printed(print_help);
	char *line, *rest = text;

	(void)state;
	assert_non_null(strstr(text, "Usage: hvbench test [OPTION…] [JOB]\n"
				     "       hvbench test [OPTION…] -w LIST\n"));
	assert_non_null(strstr(text, "\n  -o, --output FILE"));
	assert_non_null(strstr(text, "\n      --rounds N"));
	assert_non_null(strstr(text, "\n      --quiet "));
	assert_non_null(strstr(text, "\n  -h, --help"));
	assert_non_null(strstr(text, "\n  kept as\n  it is\n"));
	while ((line = strsep(&rest, "\n")))
		assert_in_range(strlen(line), 0, 62);
	free(text);
}

static void manual_page_escapes_what_roff_would_take(void **state)
{
	char *text = printed(print_man);

	(void)state;
	assert_non_null(strstr(text, "\n\\&.Third begins with a dot\\e."));
	assert_non_null(
		strstr(text, "\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fIFILE\\fR\nWrite to FILE\n"));
	assert_non_null(strstr(text, "\\fB\\-\\-rounds\\fR \\fIN\\fR"));
	assert_non_null(strstr(text, ".nf\n  kept as\n  it is\n.fi"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_in_any_order),
		cmocka_unit_test(a_second_command_line_starts_anew),
		cmocka_unit_test(refusals_name_what_is_wrong),
		cmocka_unit_test(times_have_units),
		cmocka_unit_test(choices_are_named),
		cmocka_unit_test(percentages_have_their_sign),
		cmocka_unit_test(probabilities_are_above_0),
		cmocka_unit_test(lists_have_no_empty_names),
		cmocka_unit_test(help_holds_every_option_and_is_wrapped),
		cmocka_unit_test(manual_page_escapes_what_roff_would_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
