// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison as JUnit's XML: see comparison_junit.h. */
#include "reports/formats/comparison_junit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/json.h"
#include "bench/base/verdicts.h"
#include "bench/result/doc.h"
#include "reports/formats/format.h"
#include "reports/formats/junit_xml.h"

/* Writes "+5.2 % (+4.1 to +6.3 %), 1234.5 -> 1298.7 ns". */
static void put_change(FILE *out, const json_t *cell, const char *which)
{
	const json_t *figure = json_object_get(cell, which);
	bool cost = !strcmp(which, "cost");
	struct format_scale scale;

	if (isfinite(doc__number(figure, "change")))
		fprintf(out, "%+.2f %%", 100 * doc__number(figure, "change"));
	if (isfinite(doc__element(figure, "ci95", 0)))
		fprintf(out, " (%+.2f to %+.2f %%)", 100 * doc__element(figure, "ci95", 0),
			100 * doc__element(figure, "ci95", 1));
	scale = format__scale(cost ? doc__text(cell, "unit") : "", doc__number(figure, "base"),
			      "us");
	fprintf(out, ", %.6g -> %.6g ", doc__number(figure, "base") / scale.divisor,
		doc__number(figure, "new") / scale.divisor);
	if (cost)
		fputs(scale.shown, out);
	else
		fprintf(out, "times %s", doc__text(figure, "label"));
}

static void put_figures(FILE *out, const json_t *cell, const char *which)
{
	const json_t *figure = json_object_get(cell, which);
	double p = doc__number(figure, "p_holm");

	fprintf(out, "%s: %s: ", which, doc__text(figure, "verdict"));
	put_change(out, cell, which);
	if (isfinite(p))
		fprintf(out, ", p %.2g", p);
	if (*doc__text(figure, "why"))
		fprintf(out, "; %s", doc__text(figure, "why"));
}

static void put_exit(FILE *out, const json_t *change)
{
	fprintf(out, "exits per operation: %s %.4g -> %.4g", doc__text(change, "reason"),
		doc__number(change, "base"), doc__number(change, "new"));
}

/* What `put` writes, as a JSON string. */
static json_t *written(void (*put)(FILE *out, const json_t *cell), const json_t *cell)
{
	char *text;
	size_t len;
	FILE *out = alloc__stream(&text, &len);
	json_t *value;

	put(out, cell);
	alloc__close_stream(out);
	value = json__text(text);
	free(text);
	return value;
}

static void put_cost(FILE *out, const json_t *cell)
{
	put_figures(out, cell, "cost");
}

static void put_ratio(FILE *out, const json_t *cell)
{
	put_figures(out, cell, "ratio");
}

static json_t *details_of(const json_t *cell)
{
	json_t *lines = json_array();
	const json_t *item;
	size_t i;

	if (*doc__text(cell, "why"))
		json_array_append_new(lines, json_string(doc__text(cell, "why")));
	if (json_is_object(json_object_get(cell, "cost")))
		json_array_append_new(lines, written(put_cost, cell));
	if (json_is_object(json_object_get(cell, "ratio")))
		json_array_append_new(lines, written(put_ratio, cell));
	json_array_foreach(doc__at(cell, "exits.changes"), i, item)
		json_array_append_new(lines, written(put_exit, item));
	json_array_foreach(json_object_get(cell, "remarks"), i, item)
		json_array_append(lines, (json_t *)item);
	return lines;
}

/* The verdict and the figure it is based on; without a verdict the reason. */
static void put_message(FILE *out, const json_t *cell)
{
	const char *verdict = doc__text(cell, "verdict");
	const char *which = !strcmp(doc__text(cell, "ratio.verdict"), verdict) &&
					    strcmp(doc__text(cell, "cost.verdict"), verdict) ?
				    "ratio" :
				    "cost";
	const json_t *remark = json_array_get(json_object_get(cell, "remarks"), 0), *change;
	size_t i;

	if (verdict__status(verdict) != EXIT_REGRESSION && doc__number(cell, "status") == 1 &&
	    json_array_size(doc__at(cell, "exits.changes"))) {
		json_array_foreach(doc__at(cell, "exits.changes"), i, change) {
			fputs(i ? ", " : "more exits: ", out);
			put_exit(out, change);
		}
		return;
	}
	fputs(verdict, out);
	if (json_is_object(json_object_get(cell, which))) {
		fputs(": ", out);
		put_change(out, cell, which);
	} else if (json_is_string(remark)) {
		fprintf(out, ": %s", json_string_value(remark));
	}
}

static json_t *new_case(const json_t *cell, const char *kind, json_t *message, json_t *details)
{
	const char *label = doc__text(cell, "label"), *config = doc__text(cell, "config.name");
	json_t *name, *one;

	if (!*config)
		config = doc__text(cell, "config");
	name = json_sprintf("%s%s%s [%s]", *label ? label : doc__text(cell, "workload"),
			    *config ? " " : "", config, doc__text(cell, "backend"));
	one = junit__case(*doc__text(cell, "group") ? doc__text(cell, "group") : "other",
			  json_string_value(name), kind, message, details);
	json_decref(name);
	return one;
}

static void add_unmatched(json_t *cases, const json_t *comparison, const char *side)
{
	const json_t *list = json_object_get(json_object_get(comparison, "unmatched"), side), *item;
	bool of_base = !strcmp(side, "base");
	size_t i;

	json_array_foreach(list, i, item) {
		const char *was = doc__text(item, "was");
		bool ok = !strcmp(was, "ok");
		json_t *message = json_sprintf("%s: %s, %s there: %s",
					       of_base && ok ? "missing" : "not compared",
					       of_base ? "only the base has it" :
							 "only the new result has it",
					       ok ? "measured" : was, doc__text(item, "why"));

		json_array_append_new(cases, new_case(item,
						      doc__number(item, "status") == 1 ? "failure" :
											 "skipped",
						      message, NULL));
	}
}

static json_t *cases_of(const json_t *comparison)
{
	const json_t *cells = json_object_get(comparison, "cells"), *cell;
	const char *refused = doc__text(comparison, "refused");
	json_t *cases = json_array();
	size_t i;

	if (*refused)
		json_array_append_new(cases, junit__case("hosts", "comparable", "error",
							 json_string(refused), NULL));
	else if (doc__number(comparison, "status") == 3)
		json_array_append_new(cases, junit__case("hosts", "comparable", "error",
							 json_string("no cell was judged"), NULL));
	json_array_foreach(cells, i, cell)
		json_array_append_new(cases,
				      new_case(cell,
					       verdict__junit(doc__text(cell, "verdict"),
							      (int)doc__number(cell, "status")),
					       written(put_message, cell), details_of(cell)));
	/* A refused comparison is one case, unless the reason is that no cells match. */
	if (!*refused || !doc__number(comparison, "matched")) {
		add_unmatched(cases, comparison, "base");
		add_unmatched(cases, comparison, "new");
	}
	return cases;
}

int comparison_junit__render(const json_t *doc, FILE *out)
{
	const json_t *comparison;
	size_t i;

	junit__begin(out, "hvbench compare");
	json_array_foreach(json_object_get(doc, "comparisons"), i, comparison) {
		json_t *cases = cases_of(comparison);
		json_t *name = json_sprintf("%s against %s", doc__text(comparison, "new.name"),
					    doc__text(doc, "base.name"));

		junit__suite(out, json_string_value(name) ?: "", cases);
		json_decref(name);
		json_decref(cases);
	}
	return junit__end(out);
}
