// SPDX-License-Identifier: GPL-2.0-or-later
/* How trends, gates and lists are shown: see trend_view.h. */
#include "reports/views/trend_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/base/alloc.h"
#include "bench/base/stats.h"
#include "bench/base/verdicts.h"
#include "bench/result/doc.h"
#include "reports/charts/script.h"
#include "reports/formats/format.h"
#include "reports/views/history_table.h"

#define MAX_TEXT     60
#define SPARKS	     24 /* width of the small curve, in columns */
#define MAX_CHARTS   24
#define LEAST_POINTS 5

/* The day of a time, "2026-01-31"; the whole text if it is not a time. */
static json_t *day(const struct view_style *style, const json_t *object, const char *field)
{
	char text[MAX_TEXT];

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(doc__text(object, field), "T"),
		 doc__text(object, field));
	return history_table__escaped(style, text);
}

/* The medians of equal parts of the series, each as one of eight heights. */
static json_t *sparks(const struct view_style *style, const json_t *values)
{
	static const char *const heights[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	size_t nr = json_array_size(values), columns = nr < SPARKS ? nr : SPARKS;
	double *numbers = alloc__need_zeroed(nr + 1, sizeof(*numbers)), medians[SPARKS],
	       least = INFINITY, most = -INFINITY;
	char text[SPARKS * 4 + 1] = "", *to = text;

	/* Only where characters beyond ASCII can be shown. */
	if (!((unsigned char)style->plus_minus[0] & 0x80) || nr < 2) {
		free(numbers);
		return json_string("");
	}
	for (size_t i = 0; i < nr; i++)
		numbers[i] = json_number_value(json_array_get(values, i));
	for (size_t c = 0; c < columns; c++) {
		size_t from = c * nr / columns, to_index = (c + 1) * nr / columns;

		medians[c] = stats__median(numbers + from, to_index - from);
		least = fmin(least, medians[c]);
		most = fmax(most, medians[c]);
	}
	for (size_t c = 0; c < columns; c++) {
		double share = most > least ? (medians[c] - least) / (most - least) : 0;

		to = stpcpy(to, heights[(int)fmin(share * 8, 7)]);
	}
	free(numbers);
	return json_string(text);
}

/* Whether the cell changed, and not only what it is compared with. */
static bool is_cells_own(const json_t *change)
{
	const struct verdict_row *row = verdict__find(doc__text(change, "verdict"));

	return row && (row->verdict == VERDICT_SLOWER || row->verdict == VERDICT_FASTER);
}

/* The last change of the cell's own; NULL: there is none. *nr: how many there are. */
static const json_t *last_change(const json_t *trend, size_t *nr)
{
	const json_t *change, *last = NULL;
	size_t i;

	*nr = 0;
	json_array_foreach(json_object_get(trend, "changes"), i, change) {
		last = is_cells_own(change) ? change : last;
		*nr += is_cells_own(change);
	}
	return last;
}

static json_t *trend_row(const struct view_style *style, const json_t *trend, bool configs,
			 bool backends)
{
	size_t nr;
	const json_t *last = last_change(trend, &nr);
	json_t *cells = history_table__names(style, trend, configs, backends);

	json_array_append_new(cells, json_sprintf("%.0f", doc__number(trend, "n")));
	json_array_append_new(cells, history_table__figure(style, trend, "first"));
	json_array_append_new(cells, history_table__figure(style, trend, "level"));
	json_array_append_new(cells, sparks(style, json_object_get(trend, "values")));
	json_array_append_new(cells, json_sprintf("%zu", nr));
	json_array_append_new(cells, last ? day(style, last, "started") : json_string(""));
	json_array_append_new(cells, last ? history_table__percent(doc__number(last, "change")) :
					    json_string(""));
	return history_table__row(
		cells,
		history_table__color_at(json_array_size(cells), json_array_size(cells) - 1,
					last ? verdict__color(doc__text(last, "verdict")) : ""));
}

static json_t *trend_table(const struct view_style *style, const json_t *trends, const char *group)
{
	bool configs = history_table__varies(trends, "config", "default");
	bool backends = history_table__varies(trends, "backend",
					      doc__text(json_array_get(trends, 0), "backend"));
	json_t *columns = history_table__name_columns(configs, backends), *rows = json_array();
	const json_t *trend;
	size_t i;

	json_array_append_new(columns, history_table__column("results", "right", 4));
	json_array_append_new(columns, history_table__column("first", "right", 3));
	json_array_append_new(columns, history_table__column("now", "right", 0));
	json_array_append_new(columns, history_table__column("over time", "left", 2));
	json_array_append_new(columns, history_table__column("changes", "right", 1));
	json_array_append_new(columns, history_table__column("last change", "left", 0));
	json_array_append_new(columns, history_table__column("by", "right", 0));
	json_array_foreach(trends, i, trend)
		if (!strcmp(doc__text(trend, "group"), group))
			json_array_append_new(rows, trend_row(style, trend, configs, backends));
	return history_table__table(history_table__escaped(style, *group ? group : "other"),
				    columns, rows);
}

static json_t *groups_of(const json_t *cells)
{
	json_t *groups = json_object();
	const json_t *cell;
	size_t i;

	json_array_foreach(cells, i, cell)
		json_object_set_new(groups, doc__text(cell, "group"), json_true());
	return groups;
}

static void add_remark(json_t *remarks, json_t *text)
{
	json_array_append_new(remarks, json_pack("{s:o, s:n}", "text", text, "column"));
}

/* ", kernel 6.1 -> 6.2": what else is known to have changed. */
static json_t *with_it(const struct view_style *style, const json_t *change)
{
	static const struct {
		const char *before, *after, *what;
	} fields[] = {
		{ "before_kernel", "kernel", "kernel" },
		{ "before_label", "label", "" },
	};
	json_t *text = json_string("");

	for (size_t i = 0; i < 2; i++) {
		json_t *before = history_table__field(style, change, fields[i].before);
		json_t *after = history_table__field(style, change, fields[i].after), *longer;

		if (!json_equal(before, after)) {
			longer = json_sprintf(
				"%s, %s%s%s -> %s", json_string_value(text), fields[i].what,
				*fields[i].what ? " " : "",
				json_string_length(before) ? json_string_value(before) : "?",
				json_string_length(after) ? json_string_value(after) : "?");
			json_decref(text);
			text = longer;
		}
		json_decref(before);
		json_decref(after);
	}
	return text;
}

static void remark_change(const struct view_style *style, const json_t *trend, const json_t *change,
			  json_t *remarks)
{
	json_t *label = history_table__field(style, trend, "label"),
	       *when = history_table__field(style, change, "started"),
	       *before = history_table__field(style, change, "before_started"),
	       *with = with_it(style, change),
	       *by = history_table__percent(doc__number(change, "change")), *what;

	if (is_cells_own(change))
		what = json_sprintf("%s by %s", doc__text(change, "verdict"),
				    json_string_value(by));
	else
		what = json_sprintf("%s, its ratio %s: %s,", doc__text(change, "verdict"),
				    json_string_value(by), doc__text(change, "why"));
	add_remark(remarks, json_sprintf("%s: %s from %s on (last before: %s)%s, p %.2g.",
					 json_string_value(label), json_string_value(what),
					 json_string_value(when), json_string_value(before),
					 json_string_value(with), doc__number(change, "p")));
	json_decref(label);
	json_decref(when);
	json_decref(before);
	json_decref(with);
	json_decref(by);
	json_decref(what);
}

static void remark_changes(const struct view_style *style, const json_t *trends, json_t *remarks)
{
	const json_t *trend, *change;
	size_t i, k;

	json_array_foreach(trends, i, trend)
		json_array_foreach(json_object_get(trend, "changes"), k, change)
			remark_change(style, trend, change, remarks);
}

static json_t *file_line(const struct view_style *style, const json_t *doc)
{
	json_t *line = json_array(), *file = history_table__field(style, doc, "file");
	const json_t *results = json_object_get(doc, "results"), *last;
	size_t nr = json_array_size(results);

	last = json_array_get(results, nr - 1);
	json_array_append_new(line, json_sprintf("history %s", json_string_value(file)));
	json_decref(file);
	if (json_is_array(results))
		json_array_append_new(line, json_sprintf("%zu result%s", nr, nr == 1 ? "" : "s"));
	if (last) {
		json_t *from = history_table__field(style, json_array_get(results, 0), "started");
		json_t *to = history_table__field(style, last, "started");

		json_array_append_new(line, json_sprintf("%s %s %s", json_string_value(from),
							 style->dash, json_string_value(to)));
		json_decref(from);
		json_decref(to);
	}
	return line;
}

json_t *trend_view__build(const json_t *doc, const struct view_style *style)
{
	const json_t *trends = json_object_get(doc, "trends");
	json_t *tables = json_array(), *remarks = json_array(), *groups = groups_of(trends), *value;
	const char *group;

	json_object_foreach(groups, group, value)
		json_array_append_new(tables, trend_table(style, trends, group));
	json_decref(groups);
	remark_changes(style, trends, remarks);
	add_remark(
		remarks,
		json_string(
			json_array_size(remarks) ?
				"Changes of level by rank tests of all splits, in seeded intervals "
				"split again and again; a result or two alone are no change." :
				"No level has changed."));
	return json_pack("{s:[o], s:o, s:o}", "header", file_line(style, doc), "tables", tables,
			 "remarks", remarks);
}

/* The reason why a cell failed is text from its result. */
static json_t *why_of(const struct view_style *style, const json_t *cell)
{
	const char *why = doc__text(cell, "why");

	return json_object_get(cell, "status") ? history_table__escaped(style, why) :
						 json_string(why);
}

static json_t *gate_row(const struct view_style *style, const json_t *cell, bool configs,
			bool backends)
{
	double limit = doc__number(cell, "limit");
	json_t *cells = history_table__names(style, cell, configs, backends);
	size_t verdict = json_array_size(cells);

	json_array_append_new(cells, json_string(doc__text(cell, "verdict")));
	json_array_append_new(cells, history_table__figure(style, cell, "level"));
	json_array_append_new(cells, history_table__figure(style, cell, "value"));
	json_array_append_new(cells, history_table__percent(doc__number(cell, "change")));
	json_array_append_new(cells, isfinite(limit) ? json_sprintf("%s%.1f %%", style->plus_minus,
								    100 * limit) :
						       json_string(""));
	json_array_append_new(cells, isfinite(doc__number(cell, "n")) ?
					     json_sprintf("%.0f", doc__number(cell, "n")) :
					     json_string(""));
	json_array_append_new(cells, why_of(style, cell));
	return history_table__row(
		cells, history_table__color_at(json_array_size(cells), verdict,
					       verdict__color(doc__text(cell, "verdict"))));
}

json_t *gate_view__build(const json_t *doc, const struct view_style *style)
{
	const json_t *gate = json_object_get(doc, "gate"), *list = json_object_get(gate, "cells"),
		     *cell;
	bool configs = history_table__varies(list, "config", "default");
	bool backends = history_table__varies(list, "backend",
					      doc__text(json_array_get(list, 0), "backend"));
	json_t *columns = history_table__name_columns(configs, backends), *rows = json_array(),
	       *remarks = json_array(), *count;
	json_t *line = file_line(style, doc),
	       *name = history_table__field(style, doc, "result.name");
	json_t *when = history_table__field(style, doc, "result.started");
	const char *verdict;
	size_t i;

	json_array_append_new(columns, history_table__column("verdict", "left", 0));
	json_array_append_new(columns, history_table__column("level", "right", 2));
	json_array_append_new(columns, history_table__column("now", "right", 1));
	json_array_append_new(columns, history_table__column("change", "right", 0));
	json_array_append_new(columns, history_table__column("counts from", "right", 3));
	json_array_append_new(columns, history_table__column("results", "right", 4));
	json_array_append_new(columns, history_table__column("", "left", 5));
	json_array_foreach(list, i, cell)
		json_array_append_new(rows, gate_row(style, cell, configs, backends));
	json_array_append_new(line, json_sprintf("judged: %s of %s, against %.0f before it",
						 json_string_value(name), json_string_value(when),
						 doc__number(gate, "results")));
	json_decref(name);
	json_decref(when);
	json_object_foreach(json_object_get(gate, "counts"), verdict, count)
		add_remark(remarks, json_sprintf("%" JSON_INTEGER_FORMAT " %s.",
						 json_integer_value(count), verdict));
	return json_pack("{s:[o], s:[o], s:o}", "header", line, "tables",
			 history_table__table(json_string("against history"), columns, rows),
			 "remarks", remarks);
}

/*
 * "pio-user: irqchip=split against irqchip=kernel: slower, +0.97 %", for settings measured against
 * each other.
 */
static json_t *holds(const struct view_style *style, const json_t *result)
{
	const json_t *list = json_object_get(result, "ab"), *one = json_array_get(list, 0);
	json_t *text, *clean, *change = history_table__percent(doc__number(one, "change"));

	if (!one) {
		json_decref(change);
		return json_string("");
	}
	text = json_sprintf("%s: %s against %s: %s%s%s", doc__text(one, "workload"),
			    doc__text(one, "b"), doc__text(one, "a"), doc__text(one, "verdict"),
			    json_string_length(change) ? ", " : "", json_string_value(change));
	clean = history_table__escaped(style, json_string_value(text) ?: "");
	json_decref(text);
	json_decref(change);
	if (json_array_size(list) == 1)
		return clean;
	text = json_sprintf("%s, and %zu more", json_string_value(clean),
			    json_array_size(list) - 1);
	json_decref(clean);
	return text;
}

static bool any_holds(const json_t *results)
{
	const json_t *result;
	size_t i;

	json_array_foreach(results, i, result)
		if (json_array_size(json_object_get(result, "ab")))
			return true;
	return false;
}

json_t *list_view__build(const json_t *doc, const struct view_style *style)
{
	bool settings = any_holds(json_object_get(doc, "results"));
	static const struct {
		const char *title, *field;
		int drop;
	} shown[] = {
		{ "measured", "started", 0 }, { "result", "name", 0 },
		{ "label", "label", 0 },      { "kernel", "kernel", 1 },
		{ "hvbench", "version", 3 },  { "host", "fingerprint", 2 },
	};
	json_t *columns = json_array(), *rows = json_array(), *result;
	size_t i;

	json_array_append_new(columns, history_table__column("id", "right", 0));
	for (size_t c = 0; c < sizeof(shown) / sizeof(shown[0]); c++)
		json_array_append_new(columns,
				      history_table__column(shown[c].title, "left", shown[c].drop));
	json_array_append_new(columns, history_table__column("cells", "right", 0));
	if (settings)
		json_array_append_new(columns, history_table__column("settings", "left", 1));
	json_array_foreach(json_object_get(doc, "results"), i, result) {
		json_t *cells = json_array();

		json_array_append_new(cells, json_sprintf("%.0f", doc__number(result, "id")));
		for (size_t c = 0; c < sizeof(shown) / sizeof(shown[0]); c++)
			json_array_append_new(cells,
					      history_table__field(style, result, shown[c].field));
		json_array_append_new(cells, json_sprintf("%.0f", doc__number(result, "cells")));
		if (settings)
			json_array_append_new(cells, holds(style, result));
		json_array_append_new(rows, history_table__row(cells, json_array()));
	}
	return json_pack("{s:[o], s:[o], s:[]}", "header", file_line(style, doc), "tables",
			 history_table__table(json_string("results"), columns, rows), "remarks");
}

/* Seconds since 1970 for "2026-01-31T12:00:00Z"; NAN if it is not a time. */
static double seconds_of(const char *text)
{
	struct tm tm = { 0 };

	return strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) ? (double)timegm(&tm) : NAN;
}

static json_t *chart_files(const json_t *trend)
{
	const json_t *values = json_object_get(trend, "values"),
		     *times = json_object_get(trend, "times");
	const json_t *changes = json_object_get(trend, "changes"), *change;
	char *points, *levels;
	size_t len, nr = json_array_size(values), from = 0, i;
	FILE *out = alloc__stream(&points, &len), *steps = alloc__stream(&levels, &len);
	json_t *files;

	for (i = 0; i < nr; i++)
		fprintf(out, "%.0f\t%.9g\n",
			seconds_of(json_string_value(json_array_get(times, i)) ?: ""),
			json_number_value(json_array_get(values, i)));
	for (i = 0; i <= json_array_size(changes) && nr; i++) {
		size_t to;
		double level;

		change = json_array_get(changes, i);
		to = change ? (size_t)doc__number(change, "at") : nr;
		level = change ? doc__number(change, "before") : doc__number(trend, "level");
		fprintf(steps, "%.0f\t%.9g\n%.0f\t%.9g\n\n",
			seconds_of(json_string_value(json_array_get(times, from)) ?: ""), level,
			seconds_of(json_string_value(json_array_get(times, to ? to - 1 : 0)) ?: ""),
			level);
		from = to < nr ? to : nr - 1;
	}
	alloc__close_stream(out);
	alloc__close_stream(steps);
	files = json_pack("{s:s, s:s}", "d0.dat", points, "levels.dat", levels);
	free(points);
	free(levels);
	return files;
}

static json_t *chart_of(const json_t *trend)
{
	bool ratio = !strcmp(doc__text(trend, "figure"), "ratio"),
	     rate = !strcmp(doc__text(trend, "unit"), "bytes_per_s");
	struct format_scale scale =
		format__scale(doc__text(trend, "unit"), fabs(doc__number(trend, "level")), "µs");
	const char *config = doc__text(trend, "config");
	bool set = *config && strcmp(config, "default");
	json_t *vars = json_pack("{s:s, s:f, s:i}", "yunit", "", "ydiv",
				 ratio ? 1.0 : scale.divisor, "series", 1);

	json_object_set_new(vars, "ylabel",
			    ratio ? json_string("ratio to the reference") :
				    json_sprintf("%s [%s]",
						 rate ? "bandwidth" : "cost of an operation",
						 scale.shown));
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:i, s:o, s:o}", "group", "trends", "kind",
			 "trend", "script", "trend", "title",
			 json_sprintf("%s%s%s over time", doc__text(trend, "label"),
				      set ? ", " : "", set ? config : ""),
			 "caption",
			 "Each point a result; the lines are levels, and they break where a level "
			 "has changed.",
			 "row_height", 22, "vars", vars, "files", chart_files(trend));
}

json_t *trend_view__charts(const json_t *trends)
{
	json_t *charts = json_array();
	const json_t *trend;
	size_t i;

	for (int changed = 1; changed >= 0; changed--)
		json_array_foreach(trends, i, trend) {
			bool has_changes = json_array_size(json_object_get(trend, "changes"));

			if (has_changes == changed && doc__number(trend, "n") >= LEAST_POINTS &&
			    json_array_size(charts) < MAX_CHARTS)
				json_array_append_new(charts, chart_of(trend));
		}
	return charts;
}

DEFINE_SCRIPT(trend);
