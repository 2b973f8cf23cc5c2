// SPDX-License-Identifier: GPL-2.0-or-later
/* Cells that are drawn in one chart: see chart_section.h. */
#include "reports/charts/chart_section.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/result/doc.h"
#include "reports/views/side_label.h"

/* More than any workload and configuration have: a cell with more keys is on no curve. */
#define MAX_CELL_KEYS 64

json_t *section__result_name(const struct section *s, size_t result)
{
	return s->nr_results < 2 ? json_string("") :
				   side__label(s->results, s->nr_results, result, MAX_LABEL / 2);
}

/*
 * Whether a series has to be told from others by a field: the entries of some result differ in it.
 * What is one in each result, that result's name stands for.
 */
static bool tells_apart(const struct section *s, const char *path)
{
	for (size_t i = 1; i < s->nr; i++)
		for (size_t k = i; k-- > 0;)
			if (s->entries[k].result == s->entries[i].result) {
				if (strcmp(doc__text(s->entries[i].cell, path),
					   doc__text(s->entries[k].cell, path)))
					return true;
				break;
			}
	return false;
}

/* "q1, native, irqchip=split": those parts that differ within the section. */
static json_t *series_name(const struct section *s, const struct entry *e, bool results_vary,
			   bool backends_vary, bool configs_vary)
{
	json_t *result = section__result_name(s, e->result), *whole, *clean;
	const char *backend = backends_vary ? doc__text(e->cell, "backend") : "";
	const char *config = configs_vary ? doc__text(e->cell, "config.name") : "";
	const char *first = results_vary ? json_string_value(result) : "";

	whole = json_sprintf("%s%s%s%s%s", first, *first && *backend ? ", " : "", backend,
			     (*first || *backend) && *config ? ", " : "", config);
	clean = chart__text(json_string_length(whole) ? json_string_value(whole) : "cost",
			    MAX_LABEL);
	json_decref(result);
	json_decref(whole);
	return clean;
}

void section__name_entries(struct section *s)
{
	bool backends = tells_apart(s, "backend"), configs = tells_apart(s, "config.name"),
	     several = false;

	for (size_t i = 1; i < s->nr; i++)
		several = several || s->entries[i].result != s->entries[0].result;
	s->series = json_object();
	for (size_t i = 0; i < s->nr; i++) {
		struct entry *e = &s->entries[i];
		const char *label = doc__text(e->cell, "label");

		e->label = chart__text(*label ? label : doc__text(e->cell, "workload"), MAX_LABEL);
		e->series = series_name(s, e, several, backends, configs);
		name_index__of(s->series, e->series);
	}
	/* Too many series to tell apart: give each entry a row of its own. */
	for (size_t i = 0; i < s->nr && json_object_size(s->series) > MAX_SERIES; i++) {
		struct entry *e = &s->entries[i];
		json_t *both = json_sprintf("%s, %s", json_string_value(e->label),
					    json_string_value(e->series));

		json_decref(e->label);
		e->label = chart__text(json_string_value(both), 2 * MAX_LABEL);
		json_decref(both);
	}
	if (json_object_size(s->series) > MAX_SERIES) {
		json_object_clear(s->series);
		for (size_t i = 0; i < s->nr; i++) {
			json_decref(s->entries[i].series);
			s->entries[i].series = json_string("cost");
			name_index__of(s->series, s->entries[i].series);
		}
	}
	section__arrange(s);
}

void section__arrange(struct section *s)
{
	size_t *counts = alloc__need_zeroed(s->nr + 1, sizeof(*counts));

	s->labels = json_object();
	s->most_beside = 1;
	for (size_t i = 0; i < s->nr; i++) {
		s->entries[i].row = name_index__of(s->labels, s->entries[i].label);
		s->entries[i].rank = counts[s->entries[i].row]++;
	}
	for (size_t i = 0; i < s->nr; i++) {
		s->entries[i].beside = counts[s->entries[i].row];
		if (s->entries[i].beside > s->most_beside)
			s->most_beside = s->entries[i].beside;
	}
	free(counts);
}

struct section section__part(const struct section *s, unsigned int part, unsigned int parts)
{
	size_t rows = json_object_size(s->labels), each = (rows + parts - 1) / parts;
	struct section some = *s;

	some.part = parts > 1 ? part + 1 : 0;
	some.series = json_incref(s->series);
	some.entries = alloc__need_zeroed(s->nr + 1, sizeof(*some.entries));
	some.nr = 0;
	for (size_t i = 0; i < s->nr; i++)
		if (s->entries[i].row / each == part) {
			some.entries[some.nr] = s->entries[i];
			json_incref(s->entries[i].label);
			json_incref(s->entries[i].series);
			some.nr++;
		}
	section__arrange(&some);
	return some;
}

json_t *section__title(const struct section *s, const char *what)
{
	return s->part ? json_sprintf("%s: %s (%u)", s->group, what, s->part) :
			 json_sprintf("%s: %s", s->group, what);
}

void section__destroy(struct section *s)
{
	for (size_t i = 0; i < s->nr; i++) {
		json_decref(s->entries[i].label);
		json_decref(s->entries[i].series);
	}
	free(s->entries);
	json_decref(s->labels);
	json_decref(s->series);
}

void section__put_ticks(const struct section *s, json_t *files)
{
	struct data_file f;
	const char *name;
	json_t *index;

	data_file__open(&f);
	json_object_foreach(s->labels, name, index) {
		json_t *cut = chart__text(name, SHORT_LABEL);

		fprintf(f.stream, "%" JSON_INTEGER_FORMAT "\t%s\t%s\n",
			json_integer_value(index) + 1, name, json_string_value(cut));
		json_decref(cut);
	}
	data_file__close(&f, files, "ticks.dat");
}

/* Entries of one row lie side by side around its middle. */
double section__place(const struct section *s, const struct entry *e)
{
	return (double)e->row + 1 +
	       ((double)e->rank - (double)(e->beside - 1) / 2) * 0.7 / (double)s->most_beside;
}

void section__set_rows(const struct section *s, json_t *chart)
{
	chart__set_number(chart, "rows", (double)json_object_size(s->labels));
	json_object_set_new(chart, "row_height",
			    json_integer(s->most_beside < 3 ? 22 : 8 + 8 * (int)s->most_beside));
}

void entry__interval(const json_t *cell, double *low, double *high)
{
	double p50 = doc__number(cell, "summary.p50");
	bool covers = !(doc__number(cell, "summary.ci_coverage") < 0.95);

	*low = covers ? doc__element(cell, "summary.ci95", 0) : NAN;
	*high = covers ? doc__element(cell, "summary.ci95", 1) : NAN;
	*low = isfinite(*low) ? fmin(*low, p50) : p50;
	*high = isfinite(*high) ? fmax(*high, p50) : p50;
}

/* Identifies a curve: everything that a cell is, except one of its keys. */
static json_t *curve_of(const struct entry *e, const char *object_name, const char *parameter)
{
	json_t *params = json_copy(json_object_get(e->cell, "params") ?: json_null());
	json_t *config = json_copy(json_object_get(e->cell, "config") ?: json_null());
	json_t *key;
	char *text;

	if (json_is_object(config))
		json_object_del(config, "name");
	json_object_del(!strcmp(object_name, "params") ? params : config, parameter);
	key = json_pack("[s, s, i, o, o, O]", doc__text(e->cell, "workload"),
			doc__text(e->cell, "backend"), (int)e->result, params, config,
			json_object_get(e->cell, "ring") ?: json_null());
	text = key ? json_dumps(key, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
	json_decref(key);
	key = json_string(text ?: "");
	free(text);
	return key;
}

static json_t *workload_key(const json_t *cell)
{
	return json_sprintf("%s %s", doc__text(cell, "group"), doc__text(cell, "workload"));
}

json_t *section__by_workload(const json_t *doc)
{
	json_t *of = json_object(), *cell;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, cell) {
		json_t *key = workload_key(cell),
		       *list = json_object_get(of, json_string_value(key) ?: "");

		if (list)
			json_array_append(list, cell);
		else
			json_object_set_new(of, json_string_value(key) ?: "",
					    json_pack("[O]", cell));
		json_decref(key);
	}
	return of;
}

const json_t *section__cells_of(const struct section *s, const struct entry *e)
{
	json_t *key = workload_key(e->cell);
	const json_t *cells = json_object_get(json_array_get(s->by_workload, e->result),
					      json_string_value(key) ?: "");

	json_decref(key);
	return cells;
}

static void add_to_curve(const struct section *s, size_t index, const char *object_name,
			 const char *key_name, json_t *curves)
{
	const json_t *keys = json_object_get(s->entries[index].cell, object_name);
	json_t *key, *curve;

	if (!isfinite(chart__number_of(json_object_get(keys, key_name))) ||
	    json_object_size(keys) > MAX_CELL_KEYS)
		return;
	key = curve_of(&s->entries[index], object_name, key_name);
	curve = json_object_get(curves, json_string_value(key));
	if (!curve) {
		curve = json_array();
		json_object_set_new(curves, json_string_value(key), curve);
	}
	json_array_append_new(curve, json_integer((json_int_t)index));
	json_decref(key);
}

json_t *section__curves(const struct section *s, const json_t *among, const char *object_name,
			const char *key_name)
{
	size_t nr = among ? json_array_size(among) : s->nr;
	json_t *curves = json_object();

	for (size_t i = 0; i < nr; i++)
		add_to_curve(s, among ? (size_t)json_integer_value(json_array_get(among, i)) : i,
			     object_name, key_name, curves);
	return curves;
}
