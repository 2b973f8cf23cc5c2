// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exit paths of several hosts in one table: a row for each cell and a figure for each host. A cell
 * that one host does not have, or that failed there, has no figure, and the reason instead.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/path_table.h"

/* A document of the cells in `text`, in quotes as in Python. */
static json_t *document(const char *text)
{
	char *json = NULL, *at;
	json_t *doc;

	assert_true(asprintf(&json, "{'cells': [%s]}", text) > 0);
	for (at = json; *at; at++)
		if (*at == '\'')
			*at = '"';
	doc = json_loads(json, 0, NULL);
	assert_non_null(doc);
	free(json);
	return doc;
}

static void add(struct paths *paths, const char *name, const char *cells)
{
	struct error err = { 0 };
	json_t *doc = document(cells);

	assert_int_equal(paths__add(paths, name, doc, &err), 0);
	json_decref(doc);
}

static const struct path_row *row(const struct paths *paths, const char *label)
{
	for (unsigned int i = 0; i < paths->nr_rows; i++)
		if (!strcmp(paths->rows[i].label, label))
			return &paths->rows[i];
	fail_msg("there is no row %s", label);
	return NULL;
}

static void cells_of_one_name_share_a_row(void **state)
{
	struct paths paths;
	const struct path_row *r;

	(void)state;
	paths__init(&paths);
	add(&paths, "svm",
	    "{'label': 'cpuid', 'status': 'ok', 'unit': 'insn',"
	    "'summary': {'p50': 1200, 'min': 1190}, 'exits': {'per_op': {'total': 1}}},"
	    "{'label': 'rdmsr', 'status': 'ok', 'unit': 'insn', 'summary': {'p50': 5},"
	    "'config': {'name': 'irqchip=split'}}");
	add(&paths, "vmx",
	    "{'workload': 'cpuid', 'status': 'ok', 'unit': 'insn',"
	    "'summary': {'p50': 1300}, 'config': {'name': 'default'}}");
	assert_int_equal(paths.nr_docs, 2);
	assert_int_equal(paths.nr_rows, 2);
	r = row(&paths, "cpuid");
	assert_true(r->figures[0].ok && r->figures[1].ok);
	assert_true(r->figures[0].p50 == 1200 && r->figures[0].min == 1190);
	assert_true(r->figures[0].exits == 1 && isnan(r->figures[1].exits));
	assert_true(r->figures[1].p50 == 1300);
	/* The configuration is part of the name unless it is the usual one. */
	r = row(&paths, "rdmsr (irqchip=split)");
	assert_true(r->figures[0].ok);
	assert_false(r->figures[1].ok);
	assert_string_equal(r->figures[1].why, "");
	paths__free(&paths);
}

static void what_failed_has_its_reason_and_no_figure(void **state)
{
	struct paths paths;
	const struct path_row *r;

	(void)state;
	paths__init(&paths);
	add(&paths, "a",
	    "{'label': 'x', 'status': 'failed', 'reason': 'no KVM',"
	    "'summary': {'p50': 7}},"
	    "{'label': 'y', 'status': 'ok', 'unit': 'insn', 'summary': null},"
	    "{'label': 'z', 'status': 'ok', 'unit': 'insn', 'summary': {'p50': 7, 'on_path': "
	    "null}},"
	    "{'label': 'p', 'status': 'ok', 'unit': 'insn', 'summary': {'p50': 7, 'on_path': "
	    "0.9}}");
	r = row(&paths, "x");
	assert_true(!r->figures[0].ok && r->figures[0].failed);
	assert_string_equal(r->figures[0].why, "no KVM");
	/* Without a figure it is not ok, whatever it says. */
	assert_false(row(&paths, "y")->figures[0].ok);
	/* A median of samples that differ is a figure, but no path. */
	assert_true(row(&paths, "z")->figures[0].ok && row(&paths, "z")->figures[0].no_path);
	assert_true(row(&paths, "p")->figures[0].ok && !row(&paths, "p")->figures[0].no_path);
	paths__free(&paths);
}

static void only_so_many_hosts_fit(void **state)
{
	struct error err = { 0 };
	struct paths paths;
	json_t *doc = document("");

	(void)state;
	paths__init(&paths);
	for (int i = 0; i < PATHS_MAX; i++)
		assert_int_equal(paths__add(&paths, "host", doc, &err), 0);
	assert_int_equal(paths__add(&paths, "host", doc, &err), -E2BIG);
	json_decref(doc);
	paths__free(&paths);
}

static void figures_are_for_people_or_for_programs(void **state)
{
	static const struct {
		double p50;
		const char *people, *programs;
	} table[] = {
		{ 1.046, "1.05", "1.046" },
		{ 99.994, "99.99", "99.994" },
		{ 100, "100", "100" },
		{ 999.4, "999", "999.4" },
		{ 1000, "1,000", "1000" },
		{ 1234567, "1,234,567", "1234567" },
		{ -123456, "-123,456", "-123456" },
	};
	struct path_figure figure = { .ok = false, .p50 = 5 };
	char buf[64];

	(void)state;
	assert_string_equal(paths__format(&figure, true, buf, sizeof(buf)), "-");
	assert_string_equal(paths__format(&figure, false, buf, sizeof(buf)), "");
	figure.ok = true;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		figure.p50 = table[i].p50;
		assert_string_equal(paths__format(&figure, true, buf, sizeof(buf)),
				    table[i].people);
		assert_string_equal(paths__format(&figure, false, buf, sizeof(buf)),
				    table[i].programs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_of_one_name_share_a_row),
		cmocka_unit_test(what_failed_has_its_reason_and_no_figure),
		cmocka_unit_test(only_so_many_hosts_fit),
		cmocka_unit_test(figures_are_for_people_or_for_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
