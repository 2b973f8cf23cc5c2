// SPDX-License-Identifier: GPL-2.0-or-later
/* Renderers of comparisons: see compare_view.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare_view.h"
#include "doc.h"
#include "format.h"

static int render_text(const json_t *doc, FILE *out, const struct report_options *opts)
{
	return view__render_text(compare_view__build, doc, out, opts);
}

static int render_markdown(const json_t *doc, FILE *out, const struct report_options *opts)
{
	(void)opts;
	return view__render_markdown(compare_view__build, doc, out);
}

static int render_json(const json_t *doc, FILE *out, const struct report_options *opts)
{
	(void)opts;
	errno = 0;
	if (json_dumpf(doc, out, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12)) ||
	    fputc('\n', out) == EOF || fflush(out))
		return -(errno ?: ENOMEM);
	return 0;
}

/* Control characters are not even allowed as references in XML: they are made visible first. */
static void put_xml(FILE *out, const char *text)
{
	char *clean = format__clean(text, true);

	if (clean)
		format__put_markup(clean, out);
	free(clean);
}

static void put_attribute(FILE *out, const char *name, const char *text)
{
	fprintf(out, " %s=\"", name);
	put_xml(out, text);
	fputc('"', out);
}

static bool is_failure(const json_t *cell)
{
	const char *verdict = doc__text(cell, "verdict");

	return !strcmp(verdict, "slower") || !strcmp(verdict, "lost") ||
	       (!strcmp(doc__text(cell, "exits.verdict"), "more") && doc__bool(cell, "exits.constant") == 1);
}

static bool is_skipped(const json_t *cell)
{
	const char *verdict = doc__text(cell, "verdict");

	return !strcmp(verdict, "inconclusive") || !strcmp(verdict, "unmeasured");
}

/* "1234.5 -> 1298.7 ns, +5.2 % (+4.1 … +6.3 %), p 0.0004" */
static void put_figures(FILE *out, const json_t *cell, const char *which)
{
	const json_t *figure = json_object_get(cell, which);
	double p = doc__number(figure, "p_holm");

	if (!json_is_object(figure))
		return;
	fprintf(out, "%s: %s: %.6g -&gt; %.6g", which, doc__text(figure, "verdict"), doc__number(figure, "base"),
		doc__number(figure, "new"));
	if (!strcmp(which, "cost")) {
		fputc(' ', out);
		put_xml(out, doc__text(cell, "unit"));
	}
	if (isfinite(doc__number(figure, "change")))
		fprintf(out, ", %+.2f %%", 100 * doc__number(figure, "change"));
	if (isfinite(doc__element(figure, "ci95", 0)))
		fprintf(out, " (%+.2f to %+.2f %%)", 100 * doc__element(figure, "ci95", 0),
			100 * doc__element(figure, "ci95", 1));
	if (isfinite(p))
		fprintf(out, ", p %.2g", p);
	if (*doc__text(figure, "why")) {
		fputs("; ", out);
		put_xml(out, doc__text(figure, "why"));
	}
	fputc('\n', out);
}

static void put_details(FILE *out, const json_t *cell)
{
	const json_t *item;
	size_t i;

	put_figures(out, cell, "cost");
	put_figures(out, cell, "ratio");
	json_array_foreach(doc__at(cell, "exits.changes"), i, item) {
		fputs("exits per operation: ", out);
		put_xml(out, doc__text(item, "reason"));
		fprintf(out, " %.4g -&gt; %.4g\n", doc__number(item, "base"), doc__number(item, "new"));
	}
	json_array_foreach(json_object_get(cell, "remarks"), i, item) {
		put_xml(out, json_string_value(item) ?: "");
		fputc('\n', out);
	}
}

static void put_case(FILE *out, const json_t *cell)
{
	const char *label = doc__text(cell, "label"), *config = doc__text(cell, "config.name");
	const char *kind = is_failure(cell) ? "failure" : is_skipped(cell) ? "skipped" : NULL;
	json_t *name = json_sprintf("%s%s%s [%s]", *label ? label : doc__text(cell, "workload"),
				    *config ? " " : "", config, doc__text(cell, "backend"));

	fputs("    <testcase", out);
	put_attribute(out, "classname", *doc__text(cell, "group") ? doc__text(cell, "group") : "other");
	put_attribute(out, "name", json_string_value(name) ?: "");
	fputs(">\n", out);
	json_decref(name);
	if (kind) {
		bool exits = !strcmp(kind, "failure") && strcmp(doc__text(cell, "verdict"), "slower") &&
			     strcmp(doc__text(cell, "verdict"), "lost");

		fprintf(out, "      <%s", kind);
		put_attribute(out, "message", exits ? "more exits" : doc__text(cell, "verdict"));
		fputs(">", out);
		put_details(out, cell);
		fprintf(out, "</%s>\n", kind);
	} else {
		fputs("      <system-out>", out);
		put_details(out, cell);
		fputs("</system-out>\n", out);
	}
	fputs("    </testcase>\n", out);
}

static void put_suite(FILE *out, const json_t *doc, const json_t *comparison)
{
	const json_t *cells = json_object_get(comparison, "cells"), *cell;
	const char *refused = doc__text(comparison, "refused");
	size_t failures = 0, skipped = 0, i;
	json_t *name = json_sprintf("%s against %s", doc__text(comparison, "new.name"), doc__text(doc, "base.name"));

	json_array_foreach(cells, i, cell) {
		failures += is_failure(cell);
		skipped += !is_failure(cell) && is_skipped(cell);
	}
	fputs("  <testsuite", out);
	put_attribute(out, "name", json_string_value(name) ?: "");
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%d\" skipped=\"%zu\">\n",
		json_array_size(cells) + !!*refused, failures, !!*refused, skipped);
	json_decref(name);
	if (*refused) {
		fputs("    <testcase classname=\"hosts\" name=\"comparable\">\n      <error", out);
		put_attribute(out, "message", refused);
		fputs("/>\n    </testcase>\n", out);
	}
	json_array_foreach(cells, i, cell)
		put_case(out, cell);
	fputs("  </testsuite>\n", out);
}

static int render_junit(const json_t *doc, FILE *out, const struct report_options *opts)
{
	const json_t *comparison;
	size_t i;

	(void)opts;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"hvbench compare\">\n", out);
	json_array_foreach(json_object_get(doc, "comparisons"), i, comparison)
		put_suite(out, doc, comparison);
	fputs("</testsuites>\n", out);
	return fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

const struct renderer compare_text = {
	.name = "text", .what = "tables for a terminal", .render = render_text,
};
const struct renderer compare_json = {
	.name = "json", .what = "the whole comparison", .render = render_json,
};
const struct renderer compare_markdown = {
	.name = "md", .what = "Markdown with tables, for issues and reviews", .render = render_markdown,
};
const struct renderer compare_junit = {
	.name = "junit", .what = "XML that continuous integration understands", .render = render_junit,
};

const struct renderer *const compare_renderers[] = {
	&compare_text, &compare_json, &compare_markdown, &compare_junit, NULL,
};

const struct renderer *compare_renderer__find(const char *name)
{
	for (const struct renderer *const *r = compare_renderers; *r; r++)
		if (!strcmp((*r)->name, name))
			return *r;
	return NULL;
}
