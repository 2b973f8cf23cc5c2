// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Heat maps: the median cost of a workload over two keys, if exactly two of the things in which its
 * cells differ (parameters, configuration, ring, backend) take several values in a result.
 */
#include "reports/charts/chart_kinds.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/result/doc.h"
#include "reports/charts/chart_keys.h"

#define MAX_COLUMNS 40
#define MAX_ROWS    100
#define LOG_DECADE  10 /* largest over smallest: from here on colours are logarithmic */
/* From here on the palette (heatmap.gp) is so light that text on it has to be dark. */
#define LIGHT_FROM 0.45
#define DARK_TEXT  0x010101
#define LIGHT_TEXT 0xfefefe

struct heatmap {
	const struct section *s;
	const char *workload;
	const json_t *cells; /* all cells of the workload in the result */
	struct chart_key x, y;
	const json_t **grid; /* cells by row and column; NULL: no such cell */
	struct range range;
	bool logarithmic;
};

/*
 * Whether exactly two keys vary and every cell has both. They become x and y; the one with more
 * values becomes y, since pages are long.
 */
static bool set_keys(struct heatmap *h, const struct chart_keys *keys)
{
	const struct chart_key *first = &keys->list[0], *second = &keys->list[1];
	bool swap;

	if (keys->nr != 2 || !first->whole || !second->whole)
		return false;
	swap = json_array_size(first->values) > json_array_size(second->values);
	h->x = swap ? *second : *first;
	h->y = swap ? *first : *second;
	return json_array_size(h->x.values) <= MAX_COLUMNS &&
	       json_array_size(h->y.values) <= MAX_ROWS;
}

/* If several cells fall on one field of the map, the first counts. */
static void fill_grid(struct heatmap *h)
{
	size_t columns = json_array_size(h->x.values), rows = json_array_size(h->y.values), i;
	const json_t *cell, **field;

	h->grid = alloc__need_zeroed(columns * rows, sizeof(*h->grid));
	json_array_foreach(h->cells, i, cell) {
		size_t column = chart_key__index(h->x.values, chart_key__value(&h->x, cell));
		size_t row = chart_key__index(h->y.values, chart_key__value(&h->y, cell));

		/* A cell that lacks one of the keys belongs to no field of the map. */
		if (column == columns || row == rows)
			continue;
		field = &h->grid[row * columns + column];
		*field = *field ?: cell;
	}
}

static const json_t *cell_at(const struct heatmap *h, size_t column, size_t row)
{
	return h->grid[row * json_array_size(h->x.values) + column];
}

static double p50_of(const struct heatmap *h, const json_t *cell)
{
	if (strcmp(doc__text(cell, "status"), "ok") || strcmp(doc__text(cell, "unit"), h->s->unit))
		return NAN;
	return doc__number(cell, "summary.p50");
}

/* How many fields of a row, or of a column, were planned. */
static size_t planned_in(const struct heatmap *h, bool row, size_t index)
{
	size_t nr = json_array_size(row ? h->x.values : h->y.values), planned = 0;

	for (size_t i = 0; i < nr; i++)
		planned += cell_at(h, row ? i : index, row ? index : i) != NULL;
	return planned;
}

/* Cells that merely differ in two keys, like a baseline beside a curve, do not make a map. */
static bool is_matrix(const struct heatmap *h)
{
	for (size_t row = 0; row < json_array_size(h->y.values); row++)
		if (planned_in(h, true, row) < 2)
			return false;
	for (size_t column = 0; column < json_array_size(h->x.values); column++)
		if (planned_in(h, false, column) < 2)
			return false;
	return true;
}

/* Sets the range of colours. Returns how many fields were measured. */
static size_t set_range(struct heatmap *h)
{
	size_t columns = json_array_size(h->x.values), rows = json_array_size(h->y.values),
	       measured = 0;

	h->range = (struct range){ DBL_MAX, -DBL_MAX };
	for (size_t field = 0; field < columns * rows; field++) {
		double p50 = p50_of(h, cell_at(h, field % columns, field / columns));

		measured += isfinite(p50);
		range__stretch(&h->range, p50, false);
	}
	h->logarithmic = h->range.least > 0 && h->range.most > LOG_DECADE * h->range.least;
	if (h->range.most <= h->range.least) {
		h->range.least -= 0.05 * fabs(h->range.least) + DBL_MIN;
		h->range.most += 0.05 * fabs(h->range.most) + DBL_MIN;
	}
	return measured;
}

/* The place on the colour scale, from 0 to 1. */
static double share_of(const struct heatmap *h, double p50)
{
	if (h->logarithmic)
		return log(p50 / h->range.least) / log(h->range.most / h->range.least);
	return (p50 - h->range.least) / (h->range.most - h->range.least);
}

static void put_ticks(const struct chart_key *key, json_t *files, const char *name)
{
	struct data_file f;
	json_t *value;
	size_t i;

	data_file__open(&f);
	json_array_foreach(key->values, i, value) {
		json_t *words = chart__value_in_words(key->name, value);
		json_t *cut = chart__text(json_string_value(words), SHORT_LABEL / 2);

		fprintf(f.stream, "%zu\t%s\t%s\n", i + 1, json_string_value(words),
			json_string_value(cut));
		json_decref(words);
		json_decref(cut);
	}
	data_file__close(&f, files, name);
}

static const char *why_missing(const json_t *cell)
{
	const char *status = doc__text(cell, "status");

	return !strcmp(status, "failed") || !strcmp(status, "skipped") ? status : "not measured";
}

/* Writes the fields; returns how many were not measured. */
static size_t put_fields(const struct heatmap *h, json_t *files)
{
	size_t columns = json_array_size(h->x.values), rows = json_array_size(h->y.values);
	double factor = chart__factor(h->s->unit);
	struct data_file fields, missing;
	size_t nr_missing = 0;

	data_file__open(&fields);
	data_file__open(&missing);
	for (size_t field = 0; field < columns * rows; field++) {
		size_t column = field % columns, row = field / columns;
		const json_t *cell = cell_at(h, column, row);
		double p50 = p50_of(h, cell);
		json_t *words;

		if (!isfinite(p50)) {
			fprintf(missing.stream, "%zu\t%zu\t%s\n", column + 1, row + 1,
				why_missing(cell));
			nr_missing++;
			continue;
		}
		words = chart__in_words(p50, h->s->unit);
		fprintf(fields.stream, "%zu\t%zu\t%.9g\t%s\t%d\n", column + 1, row + 1,
			factor * p50, json_string_value(words),
			share_of(h, p50) < LIGHT_FROM ? LIGHT_TEXT : DARK_TEXT);
		json_decref(words);
	}
	data_file__close(&fields, files, "fields.dat");
	data_file__close(&missing, files, "missing.dat");
	return nr_missing;
}

static json_t *heatmap_chart(const struct heatmap *h, json_t *title)
{
	const char *caption = "The median over rounds of fresh VMs in each field. What is hatched "
			      "was not measured: the "
			      "table says why, or it was not part of the run.";
	json_t *chart = chart__new(h->s->group, "heatmap", "heatmap", title, json_string(caption)),
	       *files;
	double factor = chart__factor(h->s->unit);
	json_t *x = chart__text(h->x.name, SHORT_LABEL), *y = chart__text(h->y.name, SHORT_LABEL);

	files = json_object_get(chart, "files");
	chart__set_number(chart, "missing", (double)put_fields(h, files));
	put_ticks(&h->x, files, "columns.dat");
	put_ticks(&h->y, files, "ticks.dat");
	chart__set_number(chart, "columns", (double)json_array_size(h->x.values));
	chart__set_number(chart, "rows", (double)json_array_size(h->y.values));
	chart__set_number(chart, "cblow", factor * h->range.least);
	chart__set_number(chart, "cbhigh", factor * h->range.most);
	chart__set_number(chart, "cblog", h->logarithmic);
	chart__set_text(chart, "xlabel", json_string_value(x));
	chart__set_text(chart, "ylabel", json_string_value(y));
	chart__set_axis(chart, "cb", h->s->unit, "p50", h->range.most / 2, h->logarithmic);
	json_object_set_new(chart, "row_height",
			    json_integer(json_array_size(h->y.values) < 3 ? 60 :
					 json_array_size(h->y.values) < 5 ? 40 :
									    30));
	json_decref(x);
	json_decref(y);
	return chart;
}

static bool is_drawn(struct heatmap *h)
{
	fill_grid(h);
	return is_matrix(h) && set_range(h) >= 2;
}

/* One map of a workload in one result. */
static void add_heatmap(const struct section *s, const struct entry *e, json_t *charts)
{
	struct heatmap h = {
		.s = s,
		.workload = doc__text(e->cell, "workload"),
		.cells = section__cells_of(s, e),
	};
	json_t *name = section__result_name(s, e->result), *title;
	struct chart_keys keys;

	chart_keys__find(&keys, h.cells);
	if (set_keys(&h, &keys) && is_drawn(&h)) {
		title = json_sprintf("%s over %s and %s%s%s", h.workload, h.y.name, h.x.name,
				     json_string_length(name) ? ": " : "", json_string_value(name));
		json_array_append_new(charts, heatmap_chart(&h, title));
	}
	chart_keys__destroy(&keys);
	free(h.grid);
	json_decref(name);
}

static void add(const struct section *s, json_t *charts)
{
	json_t *done = json_object();

	for (size_t i = 0; i < s->nr; i++) {
		json_t *key = json_sprintf("%zu %s", s->entries[i].result,
					   doc__text(s->entries[i].cell, "workload"));

		if (key && !json_object_get(done, json_string_value(key))) {
			json_object_set_new(done, json_string_value(key), json_true());
			add_heatmap(s, &s->entries[i], charts);
		}
		json_decref(key);
	}
	json_decref(done);
}

DEFINE_SCRIPT(heatmap);
DEFINE_CHART(heatmap) = {
	.order = 30,
	.add = add,
};
