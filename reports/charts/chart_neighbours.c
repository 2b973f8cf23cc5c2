// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What each VM suffered beside each neighbour, as a heat map: how many times the cost of the same
 * alone, with the verdict of the pair. Drawn by heatmap.gp.
 */
#include "reports/charts/chart_kinds.h"

#include <math.h>
#include <string.h>

#include "bench/result/doc.h"
#include "reports/charts/chart_keys.h"
#include "reports/views/neighbour_view.h"
#include "reports/views/side_label.h"

#define LEAST_SCALE 2.0	 /* the scale of colours goes from none to at least twice the cost */
#define LOG_DECADE  10	 /* largest over smallest: from here on colours are logarithmic */
#define LIGHT_FROM  0.45 /* from here on the palette (heatmap.gp) wants dark text */
#define DARK_TEXT   0x010101
#define LIGHT_TEXT  0xfefefe

struct matrix {
	const json_t *neighbours, *victims;
	struct range range;
	bool logarithmic;
};

static const json_t *field_at(const struct matrix *m, size_t row, size_t column)
{
	return json_array_get(json_object_get(json_array_get(m->victims, row), "fields"), column);
}

static void set_range(struct matrix *m)
{
	m->range = (struct range){ 1, LEAST_SCALE };
	for (size_t row = 0; row < json_array_size(m->victims); row++)
		for (size_t column = 0; column < json_array_size(m->neighbours); column++)
			range__stretch(&m->range, neighbour_view__ratio(field_at(m, row, column)),
				       true);
	m->logarithmic = m->range.most > LOG_DECADE * m->range.least;
}

static double share_of(const struct matrix *m, double ratio)
{
	if (m->logarithmic)
		return log(ratio / m->range.least) / log(m->range.most / m->range.least);
	return (ratio - m->range.least) / (m->range.most - m->range.least);
}

/* Writes the fields; returns how many have no figure. */
static size_t put_fields(const struct matrix *m, json_t *files)
{
	struct data_file fields, missing;
	size_t nr_missing = 0;

	data_file__open(&fields);
	data_file__open(&missing);
	for (size_t row = 0; row < json_array_size(m->victims); row++)
		for (size_t column = 0; column < json_array_size(m->neighbours); column++) {
			const json_t *field = field_at(m, row, column);
			const char *status = doc__text(field, "status");
			double ratio = neighbour_view__ratio(field);
			json_t *mark;

			if (!(ratio > 0)) {
				fprintf(missing.stream, "%zu\t%zu\t%s\n", column + 1, row + 1,
					!strcmp(status, "failed") || !strcmp(status, "skipped") ?
						status :
						"not measured");
				nr_missing++;
				continue;
			}
			mark = chart__text(neighbour_view__mark(doc__text(field, "verdict")), 2);
			fprintf(fields.stream, "%zu\t%zu\t%.4g\t%s%.2f %s\t%d\n", column + 1,
				row + 1, ratio, neighbour_view__is_of_means(field) ? "~" : "",
				ratio, json_string_value(mark),
				share_of(m, ratio) < LIGHT_FROM ? LIGHT_TEXT : DARK_TEXT);
			json_decref(mark);
		}
	data_file__close(&fields, files, "fields.dat");
	data_file__close(&missing, files, "missing.dat");
	return nr_missing;
}

static void put_ticks(const json_t *list, const char *field, json_t *files, const char *name)
{
	struct data_file f;
	const json_t *item;
	size_t i;

	data_file__open(&f);
	json_array_foreach(list, i, item) {
		const char *text = doc__text(item, field);
		json_t *words = chart__text(text, MAX_LABEL), *cut = chart__text(text, SHORT_LABEL);

		fprintf(f.stream, "%zu\t%s\t%s\n", i + 1, json_string_value(words),
			json_string_value(cut));
		json_decref(words);
		json_decref(cut);
	}
	data_file__close(&f, files, name);
}

static json_t *chart_of(struct matrix *m, json_t *title)
{
	const char *caption =
		"How many times the cost of the same alone, by medians over rounds of fresh VMs, "
		"with the verdict of the rank test over those rounds: > slower, < faster, = the "
		"same (within 10 %), ? not decided. ~ is of means: few operations wait, and the "
		"median is not slower.";
	json_t *chart = chart__new(NEIGHBOUR_VIEW_TITLE, "neighbours", "heatmap", title,
				   json_string(caption)),
	       *files = json_object_get(chart, "files");
	size_t rows = json_array_size(m->victims);

	set_range(m);
	chart__set_number(chart, "missing", (double)put_fields(m, files));
	put_ticks(m->neighbours, "", files, "columns.dat");
	put_ticks(m->victims, "name", files, "ticks.dat");
	chart__set_number(chart, "columns", (double)json_array_size(m->neighbours));
	chart__set_number(chart, "rows", (double)rows);
	chart__set_number(chart, "cblow", m->range.least);
	chart__set_number(chart, "cbhigh", m->range.most);
	chart__set_number(chart, "cblog", m->logarithmic);
	chart__set_number(chart, "cbdiv", 1);
	chart__set_text(chart, "cbunit", "");
	chart__set_text(chart, "cblabel",
			m->logarithmic ? "times alone, log scale" : "times alone");
	chart__set_text(chart, "xlabel", "beside a neighbour that does this");
	chart__set_text(chart, "ylabel", "measured");
	json_object_set_new(chart, "row_height", json_integer(rows < 5 ? 40 : 30));
	return chart;
}

static void add_whole(const struct compare_side *results, size_t nr, json_t *charts)
{
	for (size_t r = 0; r < nr; r++) {
		json_t *matrix = neighbour_view__matrix(results[r].doc), *name;
		struct matrix m = {
			.neighbours = json_object_get(matrix, "neighbours"),
			.victims = json_object_get(matrix, "victims"),
		};

		if (!matrix)
			continue;
		name = nr > 1 ? side__label(results, nr, r, MAX_LABEL / 2) : json_string("");
		json_array_append_new(
			charts, chart_of(&m, json_sprintf("what VMs do to each other%s%s",
							  json_string_length(name) ? ": " : "",
							  json_string_value(name))));
		json_decref(name);
		json_decref(matrix);
	}
}

DEFINE_CHART(neighbours) = {
	.order = 5,
	.add_whole = add_whole,
};
