// SPDX-License-Identifier: GPL-2.0-or-later
// timeout: 120
/*
 * Anyone can write a document: whatever any of its strings or names holds, nothing made of it
 * contains a control character, a bidirectional override, markup, a formula or a new line.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/utf8.h"
#include "bench/result/check.h"
#include "reports/charts/charts.h"
#include "reports/compare/compare.h"
#include "reports/formats/html.h"
#include "reports/formats/report.h"
#include "reports/views/compare_view.h"

extern const struct renderer renderer_markdown;

/*
 * Terminal escapes (C0, C1), an override, markup, a new line, characters that end tables and
 * quotes.
 */
#define HOSTILE \
	"\x1b[31m\xc2\x9b" \
	"2J\xe2\x80\xae<script>\"'><img src=x>\nINJECTED\r\t|`]]>"
static const char *const texts[] = { HOSTILE, "=cmd|'/C calc'!A0", "@SUM(1)", "+1+cmd" };

#define MAX_PATHS 4096

/* The place of a string, or of a member, in a document. */
struct place {
	json_t *parent;
	const char *key; /* NULL: an element of an array */
	size_t index;
};

struct places {
	struct place list[MAX_PATHS];
	size_t nr;
};

static unsigned int outputs, refused;

static void find(json_t *value, struct places *places)
{
	const char *key;
	json_t *item;
	size_t i;

	json_array_foreach(value, i, item) {
		if (places->nr < MAX_PATHS)
			places->list[places->nr++] = (struct place){ value, NULL, i };
		find(item, places);
	}
	json_object_foreach(value, key, item) {
		if (places->nr < MAX_PATHS)
			places->list[places->nr++] = (struct place){ value, key, 0 };
		find(item, places);
	}
}

static bool is_number(const char *text, size_t len)
{
	char copy[64], *end;

	snprintf(copy, sizeof(copy), "%.*s", (int)(len < 63 ? len : 63), text);
	strtod(copy, &end);
	return end != copy && !*end;
}

/* Checks for fields of CSV that a spreadsheet would evaluate. */
static void check_formulas(const char *what, const char *text)
{
	bool quoted = false, begins = true;

	for (const char *at = text; *at; at++) {
		size_t len = strcspn(at, ",\"\n");

		if (begins && *at == '"') {
			quoted = true;
			continue;
		}
		if (begins && strchr("=+-@", *at) && !is_number(at, len))
			fail_msg("%s: a formula: %.60s", what, at);
		begins = false;
		if (*at == '"')
			quoted = quoted && at[1] == '"' ? (at++, true) : false;
		else if (!quoted && (*at == ',' || *at == '\n'))
			begins = true;
	}
}

static void check_clean(const char *what, const char *text)
{
	size_t len = strlen(text), used;
	uint32_t cp;

	for (const char *at = text; len; len -= used, at += used) {
		used = utf8__decode(at, len, &cp);
		if (*at != '\n' && (cp == UTF8_INVALID || utf8__is_unsafe(cp)))
			fail_msg("%s: U+%04x in: %.80s", what, cp, at > text + 40 ? at - 40 : text);
	}
	if (strstr(text, "\nINJECTED"))
		fail_msg("%s: a line of its own", what);
}

/* In Markdown only text between backticks may hold markup. */
static void check_markup(const char *what, const char *text, bool markdown)
{
	for (const char *at = text; (at = strstr(at, "<script>")) || (at = NULL); at++) {
		unsigned int ticks = 0;

		for (const char *back = at; back > text && back[-1] != '\n'; back--)
			ticks += back[-1] == '`';
		if (!markdown || !(ticks & 1))
			fail_msg("%s: markup: %.80s", what, at > text + 40 ? at - 40 : text);
	}
	/* Half a tag acts too: it lasts to the next '>' of the page. */
	if (strstr(text, "<img src=x") && !markdown)
		fail_msg("%s: a tag is left", what);
	if (strstr(text, "\"><img") && !markdown)
		fail_msg("%s: an attribute is left", what);
}

static void check(const char *kind, const char *name, char *text)
{
	char what[64];

	snprintf(what, sizeof(what), "%s %s", kind, name);
	outputs++;
	if (!strcmp(name, "json"))
		goto out; /* JSON is for programs, and its escapes protect it */
	/* The style part of the page is our own. */
	check_clean(what, strstr(text, "</style>") ?: text);
	if (!strcmp(name, "csv"))
		check_formulas(what, text);
	if (strcmp(name, "text") && strcmp(name, "csv"))
		check_markup(what, text, !strcmp(name, "md") || !strcmp(name, "markdown"));
out:
	free(text);
}

static void render(const json_t *doc, enum show what, const char *kind)
{
	for_each_renderer(r, what)
	{
		struct report_options look = { .width = 0, .name = HOSTILE };
		char *text;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		assert_int_equal(r->render(what, doc, out, &look), 0);
		fclose(out);
		check(kind, r->name, text);
	}
}

static void render_page(const struct compare_side *sides, const json_t *comparison,
			const json_t *charts)
{
	struct html_report page = { .results = sides,
				    .nr = 2,
				    .comparison = comparison,
				    .charts = charts,
				    .no_plots = HOSTILE };
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(html__render(&page, out), 0);
	fclose(out);
	check("page", "html", text);
}

/* Text that gnuplot reads may hold only what chart__text() lets through. */
static void check_charts(const json_t *charts)
{
	const json_t *chart, *text;
	const char *name;
	size_t i;

	json_array_foreach(charts, i, chart) {
		json_object_foreach(json_object_get(chart, "files"), name, text)
			if (strpbrk(json_string_value(text), "<>`\\\"'") ||
			    strstr(json_string_value(text), "\x1b"))
				fail_msg("a chart's data: %.200s", json_string_value(text));
		json_object_foreach(json_object_get(chart, "vars"), name, text)
			if (json_is_string(text) &&
			    strpbrk(json_string_value(text), "<>`\\\"'\x1b\n"))
				fail_msg("a chart's variable: %.200s", json_string_value(text));
	}
}

/* A document that differs from the original in host, exits and cells: the report says how. */
static void try_comparison(const json_t *original, const json_t *doc)
{
	struct compare_options options = { .rules = { .floor = .02, .alpha = .01 }, .force = true };
	struct compare_side sides[] = { { "a.json", original }, { HOSTILE, doc } };

	for (int swapped = 0; swapped < 2; swapped++) {
		json_t *comparison =
			compare__documents(&sides[swapped], &sides[!swapped], 1, &options);

		assert_non_null(comparison);
		render(comparison, SHOW_COMPARISON, "compare");
		json_decref(comparison);
	}
}

static void try_document(const json_t *original, json_t *doc, bool compared)
{
	struct compare_options options = { .rules = { .floor = .02, .alpha = .01 }, .force = true };
	struct compare_side sides[] = { { HOSTILE, doc }, { "b.json", doc } };
	struct error err = { 0 };
	json_t *comparison, *charts;

	if (result__check(doc, HOSTILE, &err)) {
		refused++;
		check("message", "text", strdup(err.text));
		return;
	}
	comparison = compare__documents(&sides[0], &sides[1], 1, &options);
	charts = charts__build(sides, 2, comparison);
	assert_non_null(comparison);
	if (compared)
		try_comparison(original, doc);
	render(doc, SHOW_RESULT, "report");
	render(comparison, SHOW_COMPARISON, "compare");
	render_page(sides, comparison, charts);
	check_charts(charts);
	json_decref(comparison);
	json_decref(charts);
}

/* Goes through all places: each time one string, or its name, becomes `text`. */
static void try_places(const json_t *original, const char *text, bool names)
{
	static struct places places;
	size_t nr = 1;

	for (size_t i = 0; i < nr; i++) {
		json_t *doc = json_deep_copy(original);
		const struct place *p = &places.list[i];

		places.nr = 0;
		find(doc, &places);
		nr = places.nr;
		if (names && p->key) {
			json_object_set(p->parent, text, json_object_get(p->parent, p->key));
		} else if (!names && p->key) {
			if (json_is_string(json_object_get(p->parent, p->key)))
				json_object_set_new(p->parent, p->key, json_string(text));
		} else if (!names && json_is_string(json_array_get(p->parent, p->index))) {
			json_array_set_new(p->parent, p->index, json_string(text));
		}
		/* The other texts differ only for spreadsheets. */
		try_document(original, doc, text == texts[0]);
		json_decref(doc);
	}
}

static void try_file(const char *name)
{
	char path[1024];
	json_t *doc;

	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/result/%s", getenv("TOP") ?: ".", name);
	doc = json_load_file(path, 0, NULL);
	assert_non_null(doc);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		try_places(doc, texts[i], false);
		try_places(doc, texts[i], true);
	}
	json_decref(doc);
}

static void documents_do_no_harm(void **state)
{
	(void)state;
	try_file("one-cell.json");
	try_file("units.json");
	try_file("failed.json");
	print_message("%u outputs, %u documents refused\n", outputs, refused);
}

/* A row of a history does not come from a checked document. */
static json_t *history_of(const char *text)
{
	json_t *point = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "id", 1,
				  "started", text, "name", text, "label", text, "kernel", text,
				  "version", text, "fingerprint", text, "clock", text, "cells", 1,
				  "job", text);
	json_t *trend = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:[f, f], s:[s, s], "
				  "s:[{s:i, s:f, s:s, s:f}], "
				  "s:s, s:s}",
				  "label", text, "config", text, "backend", text, "group", text,
				  "unit", text, "figure", "cost", "verdict", text, "level", 1.5,
				  "values", 1., 2., "times", text, text, "changes", "at", 1,
				  "before", 1., "time", text, "change", .5, "workload", text,
				  "status", text);

	return json_pack("{s:[o], s:[o], s:s}", "results", point, "trends", trend, "file", text);
}

/* What comes from the database of a fleet. */
static json_t *fleet_of(const char *text)
{
	json_t *cell = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:f}", "label", text,
				 "config", text, "backend", text, "group", text, "unit", text,
				 "figure", "cost", "fingerprint", text, "verdict", text, "change",
				 .5);
	json_t *finding = json_deep_copy(cell), *apart = json_deep_copy(cell), *more;

	more = json_pack("{s:f, s:f, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:[s, s, s], s:[s], s:[s]}",
			 "least", .4, "most", .6, "from", text, "to", text, "before_kernel", "k",
			 "kernel", text, "before_build", text, "build", "b", "of", 4, "machines",
			 text, text, text, "without", text, "fingerprints", text);
	json_object_update(finding, more);
	json_decref(more);
	more = json_pack("{s:s, s:f, s:f, s:f, s:i}", "machine", text, "level", 1., "usual", 2.,
			 "limit", .1, "of", 8);
	json_object_update(apart, more);
	json_decref(more);
	json_decref(cell);
	return json_pack("{s:s, s:i, s:[{s:s, s:i, s:i}, {s:s, s:i, s:i}], s:[o], s:[o]}", "file",
			 text, "cells", 1, "kinds", "fingerprint", text, "machines", 4, "results",
			 9, "fingerprint", text, "machines", 1, "results", 1, "findings", finding,
			 "apart", apart);
}

static void histories_do_no_harm(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		static const enum show kinds[] = { SHOW_TREND, SHOW_LIST, SHOW_FLEET };
		json_t *docs[] = { history_of(texts[i]), history_of(texts[i]), fleet_of(texts[i]) };

		for (size_t k = 0; k < 3; k++) {
			const json_t *doc = docs[k];
			struct report_options look = { .width = 0 };
			char *text, *markdown;
			size_t len;
			FILE *out = open_memstream(&text, &len);

			assert_int_equal(renderer_text.render(kinds[k], doc, out, &look), 0);
			fclose(out);
			check("history", "text", text);
			out = open_memstream(&markdown, &len);
			assert_int_equal(renderer_markdown.render(kinds[k], doc, out, &look), 0);
			fclose(out);
			check("history", "md", markdown);
			json_decref(docs[k]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_do_no_harm),
		cmocka_unit_test(histories_do_no_harm),
	};

	setenv("LC_ALL", "C.UTF-8", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
