// SPDX-License-Identifier: GPL-2.0-or-later
/* Which charts are made of result documents: see charts.h. */
#include "reports/charts/charts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/result/doc.h"
#include "reports/charts/chart_kinds.h"

#define MAX_ROWS 48 /* in a chart: about what fits on a screen */
/*
 * Charts of one kind for a group of cells: more than anybody looks through. Each takes gnuplot some
 * 30 ms.
 */
#define MAX_CHARTS 100

extern const struct chart_kind *const __start_chart_table[];
extern const struct chart_kind *const __stop_chart_table[];

/* The kind that comes next in a report; NULL: there is no other. */
static const struct chart_kind *kind_after(const struct chart_kind *last)
{
	const struct chart_kind *next = NULL;

	for (const struct chart_kind *const *k = __start_chart_table; k < __stop_chart_table; k++)
		if ((!last || (*k)->order > last->order) && (!next || (*k)->order < next->order))
			next = *k;
	return next;
}

/* Keeps the first charts from `begin` on; the last of them says how many there would be. */
static void keep_the_first(json_t *charts, size_t begin)
{
	size_t all = json_array_size(charts) - begin;
	json_t *last;

	if (all <= MAX_CHARTS)
		return;
	while (json_array_size(charts) > begin + MAX_CHARTS)
		json_array_remove(charts, json_array_size(charts) - 1);
	last = json_array_get(charts, json_array_size(charts) - 1);
	json_object_set_new(last, "caption",
			    json_sprintf("%s Of %zu such charts the first %d are drawn; the table "
					 "has all figures.",
					 json_string_value(json_object_get(last, "caption")) ?: "",
					 all, MAX_CHARTS));
}

static void add_section(const struct section *s, json_t *charts)
{
	unsigned int rows = (unsigned int)json_object_size(s->labels),
		     parts = (rows + MAX_ROWS - 1) / MAX_ROWS;

	for (const struct chart_kind *kind = kind_after(NULL); kind; kind = kind_after(kind)) {
		size_t begin = json_array_size(charts);

		for (unsigned int part = 0; kind->add && part < (kind->rows ? parts : 1); part++) {
			struct section some = section__part(s, part, kind->rows ? parts : 1);

			if (some.nr)
				kind->add(&some, charts);
			section__destroy(&some);
		}
		keep_the_first(charts, begin);
	}
}

static bool has_figures(const json_t *cell)
{
	return !strcmp(doc__text(cell, "status"), "ok") &&
	       isfinite(doc__number(cell, "summary.p50"));
}

/* Adds sections in the order of their first cells, over all results. */
static void add_sections(const struct compare_side *results, size_t nr, json_t *charts)
{
	json_t *of = json_object(), *workloads = json_array(), *cells, *cell, *members, *item;
	const char *name;
	size_t i;

	for (size_t r = 0; r < nr; r++) {
		cells = json_object_get(results[r].doc, "cells");
		json_array_append_new(workloads, section__by_workload(results[r].doc));
		json_array_foreach(cells, i, cell) {
			json_t *key = json_sprintf("%s %s", doc__text(cell, "unit"),
						   doc__text(cell, "group"));

			name = json_string_value(key) ?: "";
			if (has_figures(cell) && !json_object_get(of, name))
				json_object_set_new(of, name, json_array());
			if (has_figures(cell))
				json_array_append_new(json_object_get(of, name),
						      json_pack("[i, O]", (int)r, cell));
			json_decref(key);
		}
	}
	json_object_foreach(of, name, members) {
		struct section s = { .results = results,
				     .nr_results = nr,
				     .by_workload = workloads };

		s.entries = alloc__need_zeroed(json_array_size(members) + 1, sizeof(*s.entries));
		json_array_foreach(members, i, item) {
			s.entries[s.nr].cell = json_array_get(item, 1);
			s.entries[s.nr++].result =
				(size_t)json_integer_value(json_array_get(item, 0));
		}
		s.group = s.nr && *doc__text(s.entries[0].cell, "group") ?
				  doc__text(s.entries[0].cell, "group") :
				  "other";
		s.unit = s.nr ? doc__text(s.entries[0].cell, "unit") : "";
		section__name_entries(&s);
		add_section(&s, charts);
		section__destroy(&s);
	}
	json_decref(workloads);
	json_decref(of);
}

json_t *charts__build(const struct compare_side *results, size_t nr, const json_t *comparison)
{
	const json_t *list = json_object_get(comparison, "comparisons"), *one;
	json_t *charts = json_array();
	size_t i;

	json_array_foreach(list, i, one)
		for (const struct chart_kind *kind = kind_after(NULL); kind;
		     kind = kind_after(kind))
			if (kind->add_compared)
				kind->add_compared(comparison, one, charts);
	for (const struct chart_kind *kind = kind_after(NULL); kind; kind = kind_after(kind))
		if (kind->add_whole)
			kind->add_whole(results, nr, charts);
	add_sections(results, nr, charts);
	return charts;
}
