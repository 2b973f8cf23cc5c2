// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/neighbour_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/stats.h"
#include "bench/base/json.h"
#include "bench/result/doc.h"
#include "reports/compare/verdict.h"

/*
 * Effects of one VM on another below this are not shown: cells of one run differ by as much.
 */
#define FLOOR 0.10
#define ALPHA 0.01

/* Of a matrix: about what fits on a screen. */
#define MAX_VICTIMS    100
#define MAX_NEIGHBOURS 32
#define MAX_NAME       40

static bool is_alone(const json_t *cell)
{
	const char *neighbour = doc__text(cell, "config.neighbour");

	return !neighbour || !*neighbour || !strcmp(neighbour, "none");
}

static bool same_but_for_it(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "workload", "params", "ring", "backend" };
	json_t *x, *y;
	bool same;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *p = json_object_get(a, keys[i]), *q = json_object_get(b, keys[i]);

		if (p != q && !(p && q && json_equal(p, q)))
			return false;
	}
	x = json_copy((json_t *)json_object_get(a, "config"));
	y = json_copy((json_t *)json_object_get(b, "config"));
	for (int i = 0; i < 2; i++) {
		json_object_del(i ? y : x, "name");
		json_object_del(i ? y : x, "neighbour");
	}
	same = x && y && json_equal(x, y);
	json_decref(x);
	json_decref(y);
	return same;
}

static double mean_of(const double *values, size_t nr)
{
	double sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += values[i];
	return sum / (double)nr;
}

/* One figure of each round's samples; *n of them. The caller frees it. */
static double *figures_of(const json_t *cell, double (*figure)(const double *values, size_t nr),
			  size_t *n)
{
	const json_t *rounds = json_object_get(cell, "rounds"), *round;
	double *figures = alloc__need_zeroed(json_array_size(rounds) + 1, sizeof(*figures));
	size_t i;

	*n = 0;
	json_array_foreach(rounds, i, round) {
		const json_t *samples = json_object_get(round, "samples"), *sample;
		double *values = alloc__need_zeroed(json_array_size(samples) + 1, sizeof(*values));
		size_t k, nr = 0;

		json_array_foreach(samples, k, sample)
			if (json_is_number(sample))
				values[nr++] = json_number_value(sample);
		if (nr)
			figures[(*n)++] = figure(values, nr);
		free(values);
	}
	return figures;
}

/* One of the two figures by which a pair is judged. */
struct side_by_side {
	struct figure figure;
	double ratio; /* NAN: there is nothing to compare */
};

static void compare_by(double (*figure)(const double *values, size_t nr), const json_t *alone,
		       const json_t *cell, struct side_by_side *s)
{
	struct resamples_cache *cache = resamples_cache__new();
	double *base, *new;
	size_t n, m;

	*s = (struct side_by_side){ .ratio = NAN };
	base = figures_of(alone, figure, &n);
	new = figures_of(cell, figure, &m);
	if (cache && n && m && !figure__compare(cache, &s->figure, base, n, new, m, 1))
		s->ratio = stats__median(new, m) / stats__median(base, n);
	free(base);
	free(new);
	resamples_cache__free(cache);
}

/*
 * A CPU that is taken away now and then leaves the median as it is, so the mean is asked too. That
 * makes two tests of each pair, which are corrected together: otherwise a neighbour that does
 * nothing had two chances to look noisy.
 */
static struct neighbour_effect judge(const json_t *alone, const json_t *cell)
{
	const struct verdict_rules rules = { .floor = FLOOR, .alpha = ALPHA };
	struct neighbour_effect e = { .ratio = NAN, .verdict = VERDICT_INCONCLUSIVE };
	struct side_by_side medians, means;
	struct figure *both[] = { &medians.figure, &means.figure };

	compare_by(stats__median, alone, cell, &medians);
	compare_by(mean_of, alone, cell, &means);
	if (!isfinite(medians.ratio) || !isfinite(means.ratio) || figures__judge(both, 2, &rules))
		return e;
	e.of_means = medians.figure.verdict != VERDICT_SLOWER &&
		     means.figure.verdict == VERDICT_SLOWER;
	e.ratio = e.of_means ? means.ratio : medians.ratio;
	e.verdict = e.of_means ? VERDICT_SLOWER : medians.figure.verdict;
	return e;
}

struct neighbour_effect neighbour_view__effect(const json_t *doc, const json_t *cell)
{
	struct neighbour_effect e = { .ratio = NAN, .verdict = VERDICT_INCONCLUSIVE };
	const json_t *other;
	size_t i;

	if (is_alone(cell))
		return e;
	json_array_foreach(json_object_get(doc, "cells"), i, other) {
		if (!is_alone(other) || !same_but_for_it(other, cell))
			continue;
		return judge(other, cell);
	}
	return e;
}

/* "chase:working_set=64m pin=0": what tells a victim from others. */
static json_t *name_of(const json_t *cell)
{
	const char *label = doc__text(cell, "label"), *config = doc__text(cell, "config.name");
	bool usual = !*config || !strcmp(config, "default") || !strncmp(config, "neighbour=", 10);

	label = *label ? label : doc__text(cell, "workload");
	return json_sprintf("%s%s%s", label, usual ? "" : " ", usual ? "" : config);
}

/*
 * Where the cell's neighbour stands among them; it is added where it is new. MAX_NEIGHBOURS: there
 * is no room for it.
 */
static size_t column_of(json_t *neighbours, const json_t *cell)
{
	const char *name = doc__text(cell, "config.neighbour");
	json_t *known;
	size_t i;

	json_array_foreach(neighbours, i, known)
		if (!strcmp(json_string_value(known) ?: "", name))
			return i;
	if (i < MAX_NEIGHBOURS)
		json_array_append_new(neighbours, json__text(name));
	return i;
}

static json_t *field_of(const json_t *alone, const json_t *cell)
{
	struct neighbour_effect e = judge(alone, cell);

	return json_pack("{s:s, s:o, s:s, s:b}", "status", doc__text(cell, "status"), "ratio",
			 json__number(e.ratio), "verdict", verdict__name(e.verdict), "means",
			 e.of_means);
}

static json_t *victim(const json_t *cells, const json_t *alone, json_t *neighbours)
{
	json_t *fields = json_array(), *cell;
	size_t i, column;

	json_array_foreach(cells, i, cell) {
		if (is_alone(cell) || !same_but_for_it(alone, cell))
			continue;
		column = column_of(neighbours, cell);
		if (column == MAX_NEIGHBOURS)
			continue;
		while (json_array_size(fields) <= column)
			json_array_append_new(fields, json_null());
		json_array_set_new(fields, column, field_of(alone, cell));
	}
	return json_pack("{s:o, s:o}", "name", name_of(alone), "fields", fields);
}

json_t *neighbour_view__matrix(const json_t *doc)
{
	json_t *cells = json_object_get(doc, "cells"), *cell;
	json_t *neighbours = json_array(), *victims = json_array();
	size_t i;

	json_array_foreach(cells, i, cell)
		if (!is_alone(cell))
			column_of(neighbours, cell);
	if (json_array_size(neighbours) >= 2)
		json_array_foreach(cells, i, cell)
			if (is_alone(cell) && json_array_size(victims) < MAX_VICTIMS)
				json_array_append_new(victims, victim(cells, cell, neighbours));
	for (i = json_array_size(victims); i-- > 0;)
		if (!json_array_size(json_object_get(json_array_get(victims, i), "fields")))
			json_array_remove(victims, i);
	if (json_array_size(victims) >= 2)
		return json_pack("{s:o, s:o}", "neighbours", neighbours, "victims", victims);
	json_decref(neighbours);
	json_decref(victims);
	return NULL;
}

double neighbour_view__ratio(const json_t *field)
{
	const json_t *ratio = json_object_get(field, "ratio");

	return json_is_number(ratio) ? json_number_value(ratio) : NAN;
}

bool neighbour_view__is_of_means(const json_t *field)
{
	return json_is_true(json_object_get(field, "means"));
}

const char *neighbour_view__mark(const char *verdict)
{
	return !strcmp(verdict, verdict__name(VERDICT_SLOWER)) ? ">" :
	       !strcmp(verdict, verdict__name(VERDICT_FASTER)) ? "<" :
	       !strcmp(verdict, verdict__name(VERDICT_SAME))   ? "=" :
								 "?";
}

static json_t *field_text(const json_t *field, const struct view_style *style)
{
	double ratio = neighbour_view__ratio(field);
	const char *status = doc__text(field, "status");
	json_t *text, *ready;

	if (json_is_object(field) && !isfinite(ratio))
		return style__escaped(style, strcmp(status, "ok") ? status : "not compared");
	if (!isfinite(ratio))
		return json_string("");
	text = json_sprintf("%s%.2f %s", neighbour_view__is_of_means(field) ? "~" : "", ratio,
			    neighbour_view__mark(doc__text(field, "verdict")));
	ready = style__escaped(style, json_string_value(text));
	json_decref(text);
	return ready;
}

static json_t *row_of(const json_t *victim, size_t nr, const struct view_style *style)
{
	json_t *cells = json_array(), *colors = json_array(), *field;

	json_array_append_new(cells,
			      style__escaped_short(style, doc__text(victim, "name"), MAX_NAME));
	json_array_append_new(colors, json_string(""));
	for (size_t i = 0; i < nr; i++) {
		field = json_array_get(json_object_get(victim, "fields"), i);
		json_array_append_new(cells, field_text(field, style));
		json_array_append_new(
			colors, json_string(isfinite(neighbour_view__ratio(field)) ?
						    verdict__color(doc__text(field, "verdict")) :
						    ""));
	}
	return json_pack("{s:s, s:b, s:o, s:o, s:n}", "status", "ok", "finding", 0, "cells", cells,
			 "colors", colors, "message");
}

json_t *neighbour_view__table(const json_t *doc, const struct view_style *style)
{
	json_t *matrix = neighbour_view__matrix(doc), *rows, *titles, *item;
	const json_t *neighbours = json_object_get(matrix, "neighbours");
	size_t i;

	if (!matrix)
		return NULL;
	rows = json_array();
	titles = json_pack("[{s:s, s:s, s:i}]", "title", "beside", "align", "left", "drop", 0);
	json_array_foreach(neighbours, i, item)
		json_array_append_new(
			titles, json_pack("{s:o, s:s, s:i}", "title",
					  style__escaped_short(style, json_string_value(item) ?: "",
							       MAX_NAME),
					  "align", "right", "drop", 0));
	json_array_foreach(json_object_get(matrix, "victims"), i, item)
		json_array_append_new(rows, row_of(item, json_array_size(neighbours), style));
	json_decref(matrix);
	return json_pack("{s:s, s:o, s:o, s:[]}", "title", NEIGHBOUR_VIEW_TITLE, "columns", titles,
			 "rows", rows, "notes");
}

json_t *neighbour_view__legend(void)
{
	return json_string(
		NEIGHBOUR_VIEW_TITLE
		": what each operation costs beside another VM, times what it costs "
		"alone; by the rank test over rounds > is slower, < faster, = the same "
		"(within 10 %), ? not decided. ~ is of means: few operations wait, and the "
		"median is not slower.");
}
