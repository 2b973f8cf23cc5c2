// SPDX-License-Identifier: GPL-2.0-or-later
/* -o and -f: what a file is in, what standard output has, and which formats there are. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cli/output.h"

extern const struct renderer renderer_csv, renderer_markdown, renderer_junit;

static const struct opt options[] = { OUTPUT_OPTION("where"), FORMAT_OPTION(""), {} };
static const struct usage usage = {
	.command = "test", .what = "a test", .options = options, .shows = SHOW_RESULT
};

/* Parses two arguments; the status, 0: all is well. */
static int parse(struct output *output, const char *path, const char *format)
{
	char *argv[] = { "test", "-o", (char *)path, "-f", (char *)format, NULL };
	struct opts opts;
	int id, argc = format ? 5 : 3;

	*output = (struct output){ .path = NULL };
	opts__init(&opts, &usage, argc, argv);
	while ((id = opts__next(&opts)) > 0)
		if (output__option(output, &opts, id))
			return opts.status;
	return output__settle(output, &opts) ? opts.status : 0;
}

static void a_file_is_in_the_format_of_its_ending(void **state)
{
	static const struct {
		const char *path, *format;
		const struct renderer *file, *screen;
	} table[] = {
		{ "a.json", NULL, &renderer_json, &renderer_text },
		{ "a.csv", NULL, &renderer_csv, &renderer_text },
		{ "a.HTML", NULL, &renderer_html, &renderer_text },
		{ "b.d/a", NULL, &renderer_json, &renderer_text },
		{ "b.csv/a", NULL, &renderer_json, &renderer_text },
		{ "a", "csv", &renderer_csv, &renderer_text },
		{ "a.json", "csv", &renderer_json, &renderer_csv },
		{ "a.csv", "csv", &renderer_csv, &renderer_text },
		{ "a.out", "md", &renderer_markdown, &renderer_text },
		{ "-", "md", &renderer_markdown, &renderer_text },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct output output;

		assert_int_equal(parse(&output, table[i].path, table[i].format), 0);
		assert_ptr_equal(output__of_file(&output, &renderer_json), table[i].file);
		assert_ptr_equal(output__of_screen(&output, &renderer_text, &renderer_json),
				 table[i].screen);
	}
}

static void what_cannot_be_shown_so_is_refused(void **state)
{
	struct output output;

	(void)state;
	assert_int_equal(parse(&output, "a.xml", NULL), EXIT_USAGE);
	assert_int_equal(parse(&output, "a", "junit"), EXIT_USAGE);
	assert_int_equal(parse(&output, "a", "pdf"), EXIT_USAGE);
}

static void lists_of_formats_make_themselves(void **state)
{
	char names[128];

	(void)state;
	assert_string_equal(renderer__names(SHOW_COMPARISON, names, sizeof(names)),
			    "text, json, md, html or junit");
	for_each_renderer(r, ~0u)
	{
		assert_ptr_equal(renderer__find(r->name, r->shows), r);
		assert_true(!(r->shows & SHOW_TABLE) || r->table || r == &renderer_json);
		for_each_renderer(other, ~0u)
			assert_true(other == r || strcmp(other->name, r->name));
	}
}

static int put(FILE *out, const struct renderer *renderer, void *arg)
{
	fprintf(out, "%s %s\n", renderer->name, (const char *)arg);
	return 0;
}

static void a_file_is_written_in_whole(void **state)
{
	char path[] = "/tmp/hvbench-test-XXXXXX", line[64] = "";
	struct error err = { 0 };
	FILE *f;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(output__save_by(path, &renderer_csv, put, "x", &err), 0);
	f = fopen(path, "r");
	assert_non_null(fgets(line, sizeof(line), f));
	assert_string_equal(line, "csv x\n");
	fclose(f);
	unlink(path);
	assert_true(output__save_by("/proc/no/such", &renderer_csv, put, "x", &err) < 0);
	assert_true(*err.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_in_the_format_of_its_ending),
		cmocka_unit_test(what_cannot_be_shown_so_is_refused),
		cmocka_unit_test(lists_of_formats_make_themselves),
		cmocka_unit_test(a_file_is_written_in_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
