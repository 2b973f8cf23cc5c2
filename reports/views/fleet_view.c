// SPDX-License-Identifier: GPL-2.0-or-later
/* How a history of many machines is shown: see fleet_view.h. */
#include "reports/views/fleet_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/verdicts.h"
#include "bench/result/doc.h"
#include "reports/views/history_table.h"

/* So many machines are named, and so many findings and rows shown; JSON has all. */
#define MOST_NAMED 5
#define MOST_SHOWN 50

static json_t *day(const struct view_style *style, const json_t *object, const char *field)
{
	const char *text = doc__text(object, field);
	char date[32];

	snprintf(date, sizeof(date), "%.*s", (int)strcspn(text, "T"), text);
	return history_table__escaped(style, date);
}

/* "a, b and 3 more"; a machine without a name is "(no name)". */
static char *names_of(const struct view_style *style, const json_t *machines)
{
	size_t nr = json_array_size(machines), named = nr <= MOST_NAMED ? nr : MOST_NAMED - 1, len;
	char *text;
	FILE *out = alloc__stream(&text, &len);

	for (size_t i = 0; i < named; i++) {
		const char *name = json_string_value(json_array_get(machines, i)) ?: "";
		json_t *clean = history_table__escaped(style, *name ? name : "(no name)");

		fprintf(out, "%s%s", i ? ", " : "", json_string_value(clean) ?: "");
		json_decref(clean);
	}
	if (named < nr)
		fprintf(out, " and %zu more", nr - named);
	alloc__close_stream(out);
	return text;
}

/* ", kernel 6.1 -> 6.2": what else all of them have in common. */
static void put_with(const struct view_style *style, FILE *out, const json_t *finding)
{
	static const char *const fields[][3] = { { "before_kernel", "kernel", "kernel " },
						 { "before_build", "build", "" } };

	for (size_t i = 0; i < 2; i++) {
		json_t *before = history_table__field(style, finding, fields[i][0]);
		json_t *after = history_table__field(style, finding, fields[i][1]);

		if (json_string_length(before) && json_string_length(after) &&
		    !json_equal(before, after))
			fprintf(out, ", %s%s -> %s", fields[i][2], json_string_value(before),
				json_string_value(after));
		json_decref(before);
		json_decref(after);
	}
}

/* "rdmsr slower by 4 % on 37 of 40 hosts from 2026-11-12 on, kernel 6.1 -> 6.2; not on a, b, c." */
static json_t *sentence(const struct view_style *style, const json_t *finding, bool kinds)
{
	const json_t *machines = json_object_get(finding, "machines");
	const json_t *without = json_object_get(finding, "without");
	json_t *label = history_table__field(style, finding, "label"), *remark;
	json_t *config = history_table__field(style, finding, "config");
	json_t *verdict = history_table__field(style, finding, "verdict");
	json_t *by = history_table__percent(doc__number(finding, "change"));
	json_t *least = history_table__percent(doc__number(finding, "least"));
	json_t *most = history_table__percent(doc__number(finding, "most"));
	json_t *from = day(style, finding, "from"), *to = day(style, finding, "to");
	const json_t *of_kinds = json_object_get(finding, "fingerprints");
	json_t *kind =
		history_table__escaped(style, json_string_value(json_array_get(of_kinds, 0)) ?: "");
	size_t nr = json_array_size(machines), len;
	char *text, *names = names_of(style, nr < 3 ? machines : without);
	FILE *out = alloc__stream(&text, &len);

	fputs(json_string_value(label), out);
	if (json_string_length(config) && strcmp(json_string_value(config), "default"))
		fprintf(out, " (%s)", json_string_value(config));
	fprintf(out, ": %s by %s", json_string_value(verdict), json_string_value(by));
	if (!json_equal(least, most))
		fprintf(out, " (%s to %s)", json_string_value(least), json_string_value(most));
	fprintf(out, " on %zu of %.0f hosts", nr, doc__number(finding, "of"));
	if (json_array_size(of_kinds) > 1)
		fprintf(out, " of %zu kinds", json_array_size(of_kinds));
	else if (kinds)
		fprintf(out, " of kind %s", json_string_value(kind));
	fprintf(out, " from %s on", json_string_value(from));
	if (!json_equal(from, to))
		fprintf(out, ", the last from %s", json_string_value(to));
	put_with(style, out, finding);
	if (nr < 3)
		fprintf(out, ": %s", names);
	else if (*names)
		fprintf(out, "; not on %s", names);
	fputc('.', out);
	alloc__close_stream(out);
	remark = json_pack("{s:s, s:n}", "text", text, "column");
	free(text);
	free(names);
	json_decref(label);
	json_decref(config);
	json_decref(verdict);
	json_decref(by);
	json_decref(least);
	json_decref(most);
	json_decref(from);
	json_decref(to);
	json_decref(kind);
	return remark;
}

static json_t *apart_row(const struct view_style *style, const json_t *one, bool configs,
			 bool backends)
{
	json_t *cells = history_table__names(style, one, configs, backends);
	double limit = doc__number(one, "limit");
	const char *name = doc__text(one, "machine");
	size_t verdict;

	json_array_append_new(cells, history_table__escaped(style, *name ? name : "(no name)"));
	verdict = json_array_size(cells);
	json_array_append_new(cells, history_table__field(style, one, "verdict"));
	json_array_append_new(cells, history_table__figure(style, one, "usual"));
	json_array_append_new(cells, history_table__figure(style, one, "level"));
	json_array_append_new(cells, history_table__percent(doc__number(one, "change")));
	json_array_append_new(cells, isfinite(limit) ? json_sprintf("%s%.1f %%", style->plus_minus,
								    100 * limit) :
						       json_string(""));
	json_array_append_new(cells, json_sprintf("%.0f", doc__number(one, "of")));
	return history_table__row(
		cells, history_table__color_at(json_array_size(cells), verdict,
					       verdict__color(doc__text(one, "verdict"))));
}

static json_t *apart_table(const struct view_style *style, const json_t *apart)
{
	bool configs = history_table__varies(apart, "config", "default");
	bool backends = history_table__varies(apart, "backend",
					      doc__text(json_array_get(apart, 0), "backend"));
	json_t *columns = history_table__name_columns(configs, backends), *rows = json_array();
	const json_t *one;
	size_t i;

	json_array_append_new(columns, history_table__column("host", "left", 0));
	json_array_append_new(columns, history_table__column("verdict", "left", 0));
	json_array_append_new(columns, history_table__column("others", "right", 2));
	json_array_append_new(columns, history_table__column("this one", "right", 1));
	json_array_append_new(columns, history_table__column("change", "right", 0));
	json_array_append_new(columns, history_table__column("counts from", "right", 3));
	json_array_append_new(columns, history_table__column("hosts", "right", 4));
	json_array_foreach(apart, i, one)
		if (i < MOST_SHOWN)
			json_array_append_new(rows, apart_row(style, one, configs, backends));
	return history_table__table(json_string("hosts apart from those of their kind"), columns,
				    rows);
}

static json_t *header(const struct view_style *style, const json_t *doc)
{
	json_t *line = json_array(), *file = history_table__field(style, doc, "file"), *kind;
	double machines = 0, results = 0, cells = doc__number(doc, "cells");
	const json_t *kinds = json_object_get(doc, "kinds");
	size_t i, nr = json_array_size(kinds);

	json_array_foreach(kinds, i, kind) {
		machines += doc__number(kind, "machines");
		results += doc__number(kind, "results");
	}
	json_array_append_new(line, json_sprintf("history %s", json_string_value(file)));
	json_array_append_new(line, json_sprintf("%.0f host%s of %zu kind%s", machines,
						 machines == 1 ? "" : "s", nr, nr == 1 ? "" : "s"));
	json_array_append_new(line,
			      json_sprintf("%.0f result%s", results, results == 1 ? "" : "s"));
	json_array_append_new(line, json_sprintf("%.0f cell%s", cells, cells == 1 ? "" : "s"));
	json_decref(file);
	return line;
}

static void add_remark(json_t *remarks, json_t *text)
{
	json_array_append_new(remarks, json_pack("{s:o, s:n}", "text", text, "column"));
}

static void remark_rest(json_t *remarks, const json_t *list, const char *what)
{
	if (json_array_size(list) > MOST_SHOWN)
		add_remark(remarks, json_sprintf("%zu more %s: --format json has all.",
						 json_array_size(list) - MOST_SHOWN, what));
}

json_t *fleet_view__build(const json_t *doc, const struct view_style *style)
{
	const json_t *findings = json_object_get(doc, "findings"), *finding;
	const json_t *apart = json_object_get(doc, "apart");
	json_t *remarks = json_array(), *tables;
	size_t i;

	json_array_foreach(findings, i, finding)
		if (i < MOST_SHOWN)
			json_array_append_new(remarks,
					      sentence(style, finding,
						       json_array_size(
							       json_object_get(doc, "kinds")) > 1));
	remark_rest(remarks, findings, "changes");
	if (!json_array_size(findings))
		add_remark(remarks, json_string("No level has changed."));
	remark_rest(remarks, apart, "rows of hosts apart");
	if (!json_array_size(apart))
		add_remark(remarks, json_string("No host stands apart from those of its kind; it "
						"takes 8 of a kind to know that."));
	tables = json_array_size(apart) ? json_pack("[o]", apart_table(style, apart)) :
					  json_array();
	return json_pack("{s:[o], s:o, s:o}", "header", header(style, doc), "tables", tables,
			 "remarks", remarks);
}
