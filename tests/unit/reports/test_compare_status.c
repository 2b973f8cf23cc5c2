// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How each situation of a cell affects the exit status and JUnit: the table of compare.h, line by
 * line. A gate in which nothing was compared does not pass.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result/doc.h"
#include "reports/compare/compare.h"
#include "reports/formats/report.h"
#include "reports/views/compare_view.h"
#include "tests/documents.h"

static const double path[] = { 1000, 1001, 999, 1000, 1002, 998 };
static const double slow[] = { 1300, 1301, 1299, 1300, 1302, 1298 };

extern const struct renderer renderer_junit;

/* "ok", "slow", "cycles", "failed", "skipped", "samples": a cell without samples; "": no cell. */
static void put(json_t *doc, const char *name, const char *what)
{
	json_t *cell;

	if (!*what)
		return;
	cell = document__cell(doc, name, strcmp(what, "slow") ? path : slow, 6);
	if (!strcmp(what, "cycles"))
		json_object_set_new(cell, "unit", json_string("cycles"));
	if (!strcmp(what, "samples"))
		json_object_set_new(cell, "rounds", json_array());
	if (strcmp(what, "failed") && strcmp(what, "skipped"))
		return;
	json_object_set_new(cell, "status", json_string(what));
	json_object_set_new(cell, "reason", json_string("no reason"));
	json_object_set_new(cell, "summary", json_null());
}

static json_t *compared(const json_t *base, const json_t *new, enum compare_missing missing)
{
	/* With the lab's exact clock, so that six rounds decide. */
	struct compare_options options = { .rules = { .floor = 0.02, .alpha = 0.01 },
					   .missing = missing };
	struct compare_side a = { "base.json", base }, b = { "new.json", new };
	json_t *doc = compare__documents(&a, &b, 1, &options);

	assert_non_null(doc);
	return doc;
}

static char *junit_of(const json_t *doc)
{
	struct report_options opts = { .width = 0 };
	size_t len;
	char *text;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(renderer_junit.render(SHOW_COMPARISON, doc, out, &opts), 0);
	fclose(out);
	return text;
}

/* "passed", "failure", "skipped", "error"; "" where there is no such case. */
static const char *kind_in(const char *xml, const char *name)
{
	static const char *const kinds[] = { "failure", "skipped", "error" };
	char begin[64];
	const char *at, *end;

	snprintf(begin, sizeof(begin), "name=\"%s", name);
	at = strstr(xml, begin);
	if (!at)
		return "";
	end = strstr(at, "</testcase>");
	for (size_t i = 0; i < 3; i++) {
		char tag[16];
		const char *found;

		snprintf(tag, sizeof(tag), "<%s", kinds[i]);
		found = strstr(at, tag);
		if (found && found < end)
			return kinds[i];
	}
	return "passed";
}

static const struct situation {
	const char *base, *new, *verdict;
	int status, alone; /* beside a cell that is the same; and alone */
	const char *junit;
	enum compare_missing missing;
} situations[] = {
	{ "ok", "slow", "slower", 1, 1, "failure", MISSING_WARN },
	{ "slow", "ok", "faster", 0, 0, "passed", MISSING_WARN },
	{ "ok", "ok", "same", 0, 0, "passed", MISSING_WARN },
	{ "ok", "cycles", "unmeasured", 2, 3, "skipped", MISSING_WARN },
	{ "ok", "failed", "lost", 1, 1, "failure", MISSING_WARN },
	{ "ok", "failed", "lost", 1, 1, "failure", MISSING_IGNORE },
	{ "ok", "skipped", "missing", 2, 3, "skipped", MISSING_WARN },
	{ "ok", "skipped", "missing", 1, 1, "failure", MISSING_FAIL },
	{ "ok", "skipped", "missing", 0, 3, "skipped", MISSING_IGNORE },
	{ "ok", "", "", 2, 3, "skipped", MISSING_WARN },
	{ "ok", "", "", 1, 1, "failure", MISSING_FAIL },
	{ "ok", "", "", 0, 3, "skipped", MISSING_IGNORE },
	{ "failed", "ok", "gained", 0, 3, "passed", MISSING_WARN },
	{ "skipped", "ok", "gained", 0, 3, "passed", MISSING_FAIL },
	{ "failed", "failed", "unmeasured", 2, 3, "skipped", MISSING_IGNORE },
	{ "skipped", "failed", "unmeasured", 2, 3, "skipped", MISSING_WARN },
	{ "skipped", "skipped", "unmeasured", 0, 3, "skipped", MISSING_FAIL },
	{ "failed", "skipped", "unmeasured", 0, 3, "skipped", MISSING_FAIL },
	{ "failed", "", "", 0, 3, "skipped", MISSING_FAIL },
	{ "", "ok", "", 0, 3, "skipped", MISSING_FAIL },
	{ "", "skipped", "", 0, 3, "skipped", MISSING_FAIL },
	{ "", "failed", "", 2, 3, "skipped", MISSING_IGNORE },
};

static void each_situation_has_its_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(situations) / sizeof(situations[0]); i++) {
		const struct situation *s = &situations[i];

		for (int beside = 0; beside < 2; beside++) {
			json_t *base = document__new("x", "icount"),
			       *new = document__new("x", "icount"), *doc;
			char *xml;

			put(base, "asked", s->base);
			put(new, "asked", s->new);
			if (beside) {
				put(base, "beside", "ok");
				put(new, "beside", "ok");
			}
			doc = compared(base, new, s->missing);
			xml = junit_of(doc);
			if (*s->verdict)
				assert_string_equal(
					doc__text(
						json_array_get(
							json_object_get(
								json_array_get(
									json_object_get(
										doc, "comparisons"),
									0),
								"cells"),
							0),
						"verdict"),
					s->verdict);
			if (doc__number(doc, "status") != (beside ? s->status : s->alone))
				fail_msg("base '%s', new '%s', --missing %d: status %.0f, not %d",
					 s->base, s->new, (int)s->missing,
					 doc__number(doc, "status"), beside ? s->status : s->alone);
			if (strcmp(kind_in(xml, "asked"), s->junit))
				fail_msg("base '%s', new '%s', --missing %d: JUnit has it as '%s', "
					 "not '%s'",
					 s->base, s->new, (int)s->missing, kind_in(xml, "asked"),
					 s->junit);
			/* Whatever fails a job has to be in its report. */
			if (doc__number(doc, "status") == 1)
				assert_non_null(strstr(xml, "<failure"));
			if (doc__number(doc, "status") == 3)
				assert_non_null(strstr(xml, "<error"));
			free(xml);
			json_decref(doc);
			json_decref(base);
			json_decref(new);
		}
	}
}

static void without_samples_there_is_nothing_to_judge_by(void **state)
{
	json_t *base = document__new("x", "tsc"), *new = document__new("x", "tsc"), *doc;

	(void)state;
	put(base, "asked", "samples");
	put(new, "asked", "samples");
	doc = compared(base, new, MISSING_WARN);
	assert_int_equal(doc__number(doc, "status"), 3);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

/* Users see the message first: it says by how much. */
static void junit_messages_carry_the_figure(void **state)
{
	json_t *base = document__new("x", "icount"), *new = document__new("x", "icount"), *doc;
	char *xml;

	(void)state;
	put(base, "asked", "ok");
	put(new, "asked", "slow");
	put(base, "hung", "ok");
	put(new, "hung", "failed");
	doc = compared(base, new, MISSING_WARN);
	xml = junit_of(doc);
	assert_non_null(strstr(xml, "message=\"slower: +30.00 %"));
	assert_non_null(strstr(xml, "message=\"lost: failed in the new result: no reason\""));
	free(xml);
	json_decref(doc);
	json_decref(base);
	json_decref(new);
}

static json_t *profile_of(double rate)
{
	json_t *doc = document__new("x", "tsc");

	json_object_set_new(doc, "plan", json_pack("{s:s, s:i}", "name", "profile", "rounds", 0));
	json_array_append_new(json_object_get(doc, "cells"),
			      json_pack("{s:s, s:s, s:s, s:s, s:s, s:[], s:n, s:{s:i}, s:{s:s}, "
					"s:{s:{s:f, s:f}, s:n}}",
					"workload", "profile", "label", "a-vm", "status", "ok",
					"unit", "ns", "backend", "kvm", "rounds", "summary",
					"params", "pid", 1, "config", "name", "as found", "exits",
					"per_op", "total", rate, "HLT", rate, "expected"));
	return doc;
}

static json_t *ab_of(void)
{
	json_t *doc = document__new("x", "tsc");

	json_object_set_new(doc, "ab",
			    json_pack("[{s:s, s:s}]", "workload", "pio-user", "verdict", "same"));
	return doc;
}

/*
 * Two profiles are shown by exits a second and not judged; documents without cells to match are
 * refused.
 */
static void other_kinds_of_documents_do_not_pass(void **state)
{
	json_t *docs[] = { document__new("x", "tsc"), profile_of(1000), profile_of(5000), ab_of() },
	       *doc;

	(void)state;
	put(docs[0], "asked", "ok");
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 4; k++) {
			if (!i && !k)
				continue;
			doc = compared(docs[i], docs[k], MISSING_IGNORE);
			assert_int_equal(doc__number(doc, "status"), 3);
			json_decref(doc);
		}
	doc = compared(docs[1], docs[2], MISSING_WARN);
	assert_string_equal(
		doc__text(json_array_get(json_object_get(
						 json_array_get(json_object_get(doc, "comparisons"),
								0),
						 "cells"),
					 0),
			  "verdict"),
		"unjudged");
	assert_string_equal(
		doc__text(json_array_get(json_object_get(
						 json_array_get(json_object_get(doc, "comparisons"),
								0),
						 "cells"),
					 0),
			  "exits.verdict"),
		"more");
	json_decref(doc);
	for (int i = 0; i < 4; i++)
		json_decref(docs[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_situation_has_its_status),
		cmocka_unit_test(without_samples_there_is_nothing_to_judge_by),
		cmocka_unit_test(junit_messages_carry_the_figure),
		cmocka_unit_test(other_kinds_of_documents_do_not_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
