// SPDX-License-Identifier: GPL-2.0-or-later
/* What changed between two results, with a row for each cell. */
#include "reports/charts/chart_kinds.h"

#include <math.h>
#include <string.h>

#include "bench/base/verdicts.h"
#include "bench/result/doc.h"

#define GROUP "verdicts"
/*
 * How far changes are drawn, in percent. Those that are undecided may have huge intervals and
 * should not squeeze the others.
 */
#define UNDECIDED_REACH 30
#define MAX_REACH	120

/*
 * How far the axis has to reach for one figure of all cells; intervals of inconclusive ones may be
 * cut off.
 */
static double reach_of(const json_t *cells, const char *figure)
{
	double reach = 0;
	const json_t *cell;
	size_t i;

	json_array_foreach(cells, i, cell) {
		const json_t *of = json_object_get(cell, figure);
		double change = fabs(100 * doc__number(of, "change"));

		if (!isfinite(change))
			continue;
		if (!strcmp(doc__text(of, "verdict"), "inconclusive")) {
			reach = fmax(reach, fmin(change, UNDECIDED_REACH));
			continue;
		}
		reach = fmax(reach, change);
		reach = fmax(reach, fabs(100 * doc__element(of, "ci95", 0)));
		reach = fmax(reach, fabs(100 * doc__element(of, "ci95", 1)));
	}
	return reach;
}

static double within(double value, double limit)
{
	return fmin(fmax(value, -limit), limit);
}

/* Writes the changes of one figure of all cells, in percent. */
static void put_changes(const json_t *cells, json_t *chart, size_t series, const char *figure,
			const char *name, double limit)
{
	const json_t *cell;
	struct data_file f;
	char file_name[32];
	size_t i;

	data_file__open(&f);
	fprintf(f.stream, "%s\n", name);
	json_array_foreach(cells, i, cell) {
		const json_t *of = json_object_get(cell, figure);
		double change = 100 * doc__number(of, "change"),
		       low = 100 * doc__element(of, "ci95", 0);
		double high = 100 * doc__element(of, "ci95", 1);
		bool two = json_is_object(json_object_get(cell, "ratio"));

		if (!isfinite(change))
			continue;
		low = isfinite(low) ? low : change;
		high = isfinite(high) ? high : change;
		fprintf(f.stream, "%.6g\t%.4f\t%.6g\t%.6g\t%u\n", within(change, 0.99 * limit),
			(double)i + 1 +
				(series ? 0.18 :
				 two	? -0.18 :
					  0),
			within(low, limit), within(high, limit),
			verdict__rgb(doc__text(of, "verdict")));
	}
	snprintf(file_name, sizeof(file_name), "d%zu.dat", series);
	data_file__close(&f, json_object_get(chart, "files"), file_name);
}

/* Whether the cells are not all of one backend, or of one configuration. */
static bool differ(const json_t *cells, const char *path)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(cells, i, cell)
		if (strcmp(doc__text(cell, path), doc__text(json_array_get(cells, 0), path)))
			return true;
	return false;
}

/* The labels of the comparison's cells, with configuration and backend where needed. */
static void put_change_ticks(const json_t *cells, json_t *files)
{
	const char *backend = doc__text(json_array_get(cells, 0), "backend");
	bool configs = differ(cells, "config.name");
	const json_t *cell;
	struct data_file f;
	size_t i;

	data_file__open(&f);
	json_array_foreach(cells, i, cell) {
		const char *label = doc__text(cell, "label"),
			   *config = doc__text(cell, "config.name");
		bool other = strcmp(doc__text(cell, "backend"), backend),
		     set = configs && *config && strcmp(config, "default");
		json_t *whole = json_sprintf("%s%s%s%s%s",
					     *label ? label : doc__text(cell, "workload"),
					     set ? ", " : "", set ? config : "", other ? ", " : "",
					     other ? doc__text(cell, "backend") : "");
		json_t *full = chart__text(json_string_value(whole) ?: "?", MAX_LABEL);
		json_t *cut = chart__text(json_string_value(whole) ?: "?", SHORT_LABEL);

		fprintf(f.stream, "%zu\t%s\t%s\n", i + 1, json_string_value(full),
			json_string_value(cut));
		json_decref(whole);
		json_decref(full);
		json_decref(cut);
	}
	data_file__close(&f, files, "ticks.dat");
}

static void add(const json_t *comparison, const json_t *one, json_t *charts)
{
	const json_t *cells = json_object_get(one, "cells"), *cell;
	double floor = 100 * doc__number(comparison, "options.threshold"), limit;
	bool ratios = false;
	json_t *chart;
	size_t i;

	json_array_foreach(cells, i, cell)
		ratios = ratios || json_is_object(json_object_get(cell, "ratio"));
	if (!json_array_size(cells))
		return;
	chart = chart__new(
		GROUP, "changes", "changes", json_string("Changes"),
		json_string("By how much each cell changed, and the 95 % interval of that; what is "
			    "cut off "
			    "reaches further. Orange: slower; blue: faster; green: the same; grey: "
			    "inconclusive. The shaded band is the threshold."));
	limit = fmax(reach_of(cells, "cost"), reach_of(cells, "ratio"));
	limit = fmin(fmax(1.15 * limit, fmax(3 * floor, 1)), MAX_REACH);
	put_changes(cells, chart, 0, "cost", "cost itself", limit);
	if (ratios)
		put_changes(cells, chart, 1, "ratio", "ratio to the reference", limit);
	put_change_ticks(cells, json_object_get(chart, "files"));
	chart__set_number(chart, "series", ratios ? 2 : 1);
	chart__set_number(chart, "rows", (double)json_array_size(cells));
	json_object_set_new(chart, "row_height", json_integer(ratios ? 26 : 22));
	chart__set_number(chart, "floor", floor);
	chart__set_number(chart, "limit", limit);
	chart__set_text(chart, "xlabel", "change, in percent of the base");
	chart__set_text(chart, "xunit", "");
	json_array_append_new(charts, chart);
}

DEFINE_SCRIPT(changes);
DEFINE_CHART(changes) = {
	.order = 80,
	.add_compared = add,
};
