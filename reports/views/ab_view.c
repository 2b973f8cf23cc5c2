// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings measured against each other, as a table: see ab_view.h. */
#include "reports/views/ab_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/verdicts.h"
#include "bench/result/doc.h"
#include "reports/formats/format.h"

static json_t *percent(double log_ratio)
{
	return isfinite(log_ratio) ? json_sprintf("%+.2f %%", 100 * expm1(log_ratio)) :
				     json_string("");
}

static json_t *interval(const struct view_style *style, const json_t *one)
{
	json_t *low = percent(doc__element(one, "log_ratio.ci95", 0)),
	       *high = percent(doc__element(one, "log_ratio.ci95", 1));
	json_t *both = json_string("");

	if (json_string_length(low) && json_string_length(high)) {
		json_decref(both);
		both = json_sprintf("%s %s %s", json_string_value(low), style->dash,
				    json_string_value(high));
	}
	json_decref(low);
	json_decref(high);
	return both;
}

static json_t *number(const char *fmt, double value)
{
	char text[64];

	snprintf(text, sizeof(text), fmt, value);
	return json_string(isfinite(value) ? text : "");
}

/* The unit of what one row shows: cycles where there are no nanoseconds. */
static const char *unit_of(const json_t *one)
{
	if (isfinite(doc__number(one, "a.p50_bytes_per_s")))
		return "GB/s";
	return isfinite(doc__number(one, "a.p50_ns")) ||
			       !isfinite(doc__number(one, "a.p50_cycles")) ?
		       "ns" :
		       "cycles";
}

/* The unit of all rows; "" if they differ, so that each figure has its own. */
static const char *unit_of_all(const json_t *list)
{
	const char *unit = unit_of(json_array_get(list, 0));
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (strcmp(unit_of(one), unit))
			return "";
	return unit;
}

static json_t *cost(const json_t *one, const char *side, const char *unit_of_column)
{
	const json_t *of = json_object_get(one, side);
	const char *unit = unit_of(one);
	double value = !strcmp(unit, "GB/s") ? doc__number(of, "p50_bytes_per_s") / 1e9 :
		       !strcmp(unit, "ns")   ? doc__number(of, "p50_ns") :
					       doc__number(of, "p50_cycles");
	json_t *figure = format__quantity(value), *with_unit;

	if (*unit_of_column || !json_string_length(figure))
		return figure;
	with_unit = json_sprintf("%s %s", json_string_value(figure), unit);
	json_decref(figure);
	return with_unit;
}

/* A bandwidth is shown beside a difference of times, where higher is slower. */
static json_t *difference(const json_t *one)
{
	json_t *share = percent(doc__number(one, "log_ratio.p50")), *of_time;

	if (strcmp(unit_of(one), "GB/s") || !json_string_length(share))
		return share;
	of_time = json_sprintf("%s in time a byte", json_string_value(share));
	json_decref(share);
	return of_time;
}

static json_t *note(const json_t *one)
{
	const char *verdict = doc__text(one, "verdict");
	double needed = doc__number(one, "pairs_needed");

	if (!strcmp(verdict, "same"))
		return json_sprintf("a difference above %.2g %% is excluded",
				    100 * doc__number(one, "threshold"));
	if (!strcmp(verdict, "inconclusive") && !isfinite(doc__number(one, "p")))
		return json_string("too few pairs to test (--time)");
	return isfinite(needed) && needed > 0 ?
		       json_sprintf("about %.0f pairs would decide", needed) :
		       json_string("");
}

#define VERDICT_COLUMN 3

static json_t *row(const json_t *one, const char *unit, const struct view_style *style)
{
	const char *verdict = doc__text(one, "verdict");
	json_t *cells = json_array(), *colors = json_array();

	json_array_append_new(cells, style__escaped(style, doc__text(one, "workload")));
	json_array_append_new(cells, style__escaped(style, doc__text(one, "a.label")));
	json_array_append_new(cells, style__escaped(style, doc__text(one, "b.label")));
	json_array_append_new(cells, style__escaped(style, verdict));
	json_array_append_new(cells, cost(one, "a", unit));
	json_array_append_new(cells, cost(one, "b", unit));
	json_array_append_new(cells, difference(one));
	json_array_append_new(cells, interval(style, one));
	json_array_append_new(cells, number("%.2g", doc__number(one, "p")));
	json_array_append_new(cells, number("%.0f", doc__number(one, "pairs")));
	json_array_append_new(cells, note(one));
	for (size_t i = 0; i < json_array_size(cells); i++)
		json_array_append_new(
			colors, json_string(i == VERDICT_COLUMN ? verdict__color(verdict) : ""));
	return json_pack("{s:s, s:b, s:o, s:o, s:n}", "status", "ok", "finding", 0, "cells", cells,
			 "colors", colors, "message");
}

json_t *ab_view__table(const json_t *doc, const struct view_style *style)
{
	static const struct {
		const char *title, *align;
		int drop;
	} columns[] = {
		{ "workload", "left", 0 },
		{ "A", "left", 0 },
		{ "B", "left", 0 },
		{ "verdict", "left", 0 },
		{ "A p50", "point", 3 },
		{ "B p50", "point", 3 },
		{ "B against A", "right", 0 },
		{ "95 % interval", "right", 1 },
		{ "p", "left", 4 },
		{ "pairs", "right", 5 },
		{ "", "left", 2 },
	};
	const json_t *list = json_object_get(doc, "ab"), *one;
	const char *unit;
	json_t *titles = json_array(), *rows = json_array();
	size_t i;

	if (!json_array_size(list)) {
		json_decref(titles);
		json_decref(rows);
		return NULL;
	}
	unit = unit_of_all(list);
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		bool cost_of = !strcmp(columns[i].align, "point");

		json_array_append_new(titles, json_pack("{s:o, s:s, s:i}", "title",
							json_sprintf("%s%s%s", columns[i].title,
								     cost_of && *unit ? " " : "",
								     cost_of ? unit : ""),
							"align", columns[i].align, "drop",
							columns[i].drop));
	}
	json_array_foreach(list, i, one)
		json_array_append_new(rows, row(one, unit, style));
	return json_pack("{s:o, s:o, s:o, s:[]}", "title", style__escaped(style, AB_VIEW_TITLE),
			 "columns", titles, "rows", rows, "notes");
}
