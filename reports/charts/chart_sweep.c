// SPDX-License-Identifier: GPL-2.0-or-later
/* Costs over a parameter or a configuration key that takes several values. */
#include "reports/charts/chart_kinds.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/result/doc.h"
#include "reports/charts/chart_keys.h"

#define MIN_SWEEP 3 /* the least number of values for a curve */
/* How many characters fit below the axis. */
#define WIDE_ROOM   95
#define NARROW_ROOM 46

struct point {
	double x, y, low, high;
};

static int by_x(const void *a, const void *b)
{
	const struct point *p = a, *q = b;

	return (p->x > q->x) - (p->x < q->x);
}

/* Stores the points of a curve (section__curves()) in order; returns how many there are. */
static size_t points_of(const struct section *s, const json_t *curve, const char *object_name,
			const char *parameter, struct point *points)
{
	size_t nr = json_array_size(curve);

	for (size_t i = 0; i < nr; i++) {
		const json_t *cell = s->entries[json_integer_value(json_array_get(curve, i))].cell;

		points[i].x = chart__number_of(
			json_object_get(json_object_get(cell, object_name), parameter));
		points[i].y = doc__number(cell, "summary.p50");
		entry__interval(cell, &points[i].low, &points[i].high);
	}
	qsort(points, nr, sizeof(*points), by_x);
	return nr;
}

static size_t different_x(const struct point *points, size_t nr)
{
	size_t different = nr > 0;

	for (size_t i = 1; i < nr; i++)
		different += points[i].x != points[i - 1].x;
	return different;
}

static void put_points(json_t *chart, size_t series, const char *name, const struct point *points,
		       size_t nr, double yfactor)
{
	struct data_file f;
	char file_name[32];

	data_file__open(&f);
	fprintf(f.stream, "%s\n", name);
	for (size_t i = 0; i < nr; i++)
		fprintf(f.stream, "%.12g\t%.12g\t%.12g\t%.12g\n", points[i].x,
			yfactor * points[i].y, yfactor * points[i].low, yfactor * points[i].high);
	snprintf(file_name, sizeof(file_name), "d%zu.dat", series);
	data_file__close(&f, json_object_get(chart, "files"), file_name);
}

/* The scale of the parameter's axis. */
enum scale { LINEAR, LOGARITHMIC, FROM_ZERO };

/* The curves of one chart, and the axes they need. */
struct sweep {
	const struct section *s;
	const char *workload, *object, *parameter;
	double *xs; /* each value once; ascending when complete */
	size_t nr_xs;
	enum scale scale;
	struct range ys;
	bool positive;
	size_t series, curves;	/* curves drawn, and curves there are */
	struct chart_keys keys; /* of the cells of result `keys_of` */
	size_t keys_of;
};

static void note_x(struct sweep *w, double x)
{
	for (size_t i = 0; i < w->nr_xs; i++)
		if (w->xs[i] == x)
			return;
	w->xs[w->nr_xs++] = x;
}

/* The part of a curve's name that distinguishes it: "q1, delay=400 µs". */
static json_t *curve_name(struct sweep *w, const struct entry *e)
{
	json_t *result = section__result_name(w->s, e->result), *own, *both, *name;

	if (w->keys_of != e->result) {
		chart_keys__destroy(&w->keys);
		chart_keys__find(&w->keys, section__cells_of(w->s, e));
		w->keys_of = e->result;
	}
	own = chart_keys__name(&w->keys, e->cell, w->parameter);
	both = json_sprintf("%s%s%s", json_string_value(result),
			    json_string_length(result) && json_string_length(own) ? ", " : "",
			    json_string_value(own));
	name = chart__text(json_string_length(both) ? json_string_value(both) : w->workload,
			   MAX_LABEL);
	json_decref(result);
	json_decref(own);
	json_decref(both);
	return name;
}

/* Adds a curve that has enough points. */
static void add_curve(struct sweep *w, const json_t *curve, struct point *points, json_t *chart)
{
	const struct entry *e = &w->s->entries[json_integer_value(json_array_get(curve, 0))];
	size_t nr = points_of(w->s, curve, w->object, w->parameter, points);
	json_t *name;

	if (different_x(points, nr) < MIN_SWEEP || w->curves++ >= MAX_SERIES)
		return;
	for (size_t p = 0; p < nr; p++) {
		note_x(w, points[p].x);
		range__stretch(&w->ys, points[p].y, false);
		w->positive = w->positive && points[p].low > 0;
	}
	name = curve_name(w, e);
	put_points(chart, w->series++, json_string_value(name), points, nr,
		   chart__factor(w->s->unit));
	json_decref(name);
}

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Where a value lies on its axis, on which steps look even. */
static double place_of(const struct sweep *w, double x)
{
	return w->scale == LINEAR ? x : w->scale == LOGARITHMIC ? log(x) : log1p(x / w->xs[1]);
}

static double value_at(const struct sweep *w, double place)
{
	return w->scale == LINEAR      ? place :
	       w->scale == LOGARITHMIC ? exp(place) :
					 w->xs[1] * expm1(place);
}

/* Chooses the values to be labelled: as many as there is room for, in `room` characters. */
static void choose_labels(const struct sweep *w, json_t *const *words, double room, bool *chosen)
{
	double from = place_of(w, w->xs[0]), all = place_of(w, w->xs[w->nr_xs - 1]) - from,
	       taken = -DBL_MAX;
	double last_begin = room - (double)json_string_length(words[w->nr_xs - 1]) / 2;

	for (size_t i = 0; i < w->nr_xs; i++) {
		double half = (double)json_string_length(words[i]) / 2 + 0.75;
		double at = room * (place_of(w, w->xs[i]) - from) / all;
		bool last = i == w->nr_xs - 1;

		chosen[i] = last || (at - half >= taken && at + half <= last_begin);
		taken = chosen[i] ? at + half : taken;
	}
}

static void put_ticks(const struct sweep *w, json_t *files)
{
	json_t **words = alloc__need_zeroed(w->nr_xs, sizeof(*words));
	bool *wide = alloc__need_zeroed(2 * w->nr_xs, sizeof(*wide)), *narrow = wide + w->nr_xs;
	struct data_file f;

	for (size_t i = 0; i < w->nr_xs; i++) {
		json_t *value = json_real(w->xs[i]);

		words[i] = chart__value_in_words(w->parameter, value);
		json_decref(value);
	}
	data_file__open(&f);
	choose_labels(w, words, WIDE_ROOM, wide);
	choose_labels(w, words, NARROW_ROOM, narrow);
	for (size_t i = 0; i < w->nr_xs; i++)
		fprintf(f.stream, "%.12g\t%s\t%s\t%.12g\n", w->xs[i],
			wide[i] ? json_string_value(words[i]) : "",
			narrow[i] ? json_string_value(words[i]) : "",
			chart__factor(w->s->unit) * w->ys.least);
	data_file__close(&f, files, "ticks.dat");
	for (size_t i = 0; i < w->nr_xs; i++)
		json_decref(words[i]);
	free(words);
	free(wide);
}

static void set_axes(struct sweep *w, json_t *chart)
{
	bool ylog = w->positive && w->ys.most > LOG_FROM * w->ys.least;
	json_t *name = chart__text(w->parameter, MAX_LABEL / 2), *label;
	double least, most, margin;

	qsort(w->xs, w->nr_xs, sizeof(*w->xs), ascending);
	least = w->xs[0];
	most = w->xs[w->nr_xs - 1];
	w->scale = least > 0 && most >= 8 * least     ? LOGARITHMIC :
		   least == 0 && most >= 8 * w->xs[1] ? FROM_ZERO :
							LINEAR;
	margin = 0.04 * (place_of(w, most) - place_of(w, least));
	chart__set_number(chart, "xlow", value_at(w, place_of(w, least) - margin));
	chart__set_number(chart, "xhigh", value_at(w, place_of(w, most) + margin));
	chart__set_number(chart, "xscale", w->scale);
	chart__set_number(chart, "xzero", w->scale == FROM_ZERO ? w->xs[1] : 1);
	label = json_sprintf("%s%s", json_string_value(name),
			     w->scale == LINEAR ? "" : ", log scale");
	json_object_set_new(json_object_get(chart, "vars"), "xlabel", label);
	chart__set_number(chart, "ylog", ylog);
	chart__set_axis(chart, "y", w->s->unit, chart__cost_in_words(w->s->unit), w->ys.most / 2,
			ylog);
	put_ticks(w, json_object_get(chart, "files"));
	json_decref(name);
}

/*
 * All curves of one workload over one parameter, for the entries that have it; NULL: it takes too
 * few values.
 */
static json_t *sweep_chart(const struct section *s, const json_t *members, const char *object,
			   const char *parameter)
{
	const struct entry *first = &s->entries[json_integer_value(json_array_get(members, 0))];
	const char *workload = doc__text(first->cell, "workload");
	struct sweep w = {
		.s = s,
		.workload = workload,
		.object = object,
		.parameter = parameter,
		.xs = alloc__need_zeroed(json_array_size(members) + 1, sizeof(*w.xs)),
		.ys = { DBL_MAX, -DBL_MAX },
		.positive = true,
		.keys_of = SIZE_MAX,
	};
	struct point *points = alloc__need_zeroed(json_array_size(members) + 1, sizeof(*points));
	json_t *curves = section__curves(s, members, object, parameter), *curve, *chart;
	const char *key;

	chart = chart__new(s->group, "sweep", "sweep",
			   json_sprintf("%s over %s", workload, parameter),
			   json_string("Median over rounds of fresh VMs, and its 95 % interval."));
	json_object_foreach(curves, key, curve)
		add_curve(&w, curve, points, chart);
	if (w.curves > w.series)
		json_object_set_new(chart, "caption",
				    json_sprintf("%s Of %zu curves the first %zu are drawn.",
						 doc__text(chart, "caption"), w.curves, w.series));
	chart__set_number(chart, "series", (double)w.series);
	if (w.series)
		set_axes(&w, chart);
	chart_keys__destroy(&w.keys);
	free(points);
	free(w.xs);
	json_decref(curves);
	if (w.series)
		return chart;
	json_decref(chart);
	return NULL;
}

/* Records an entry under its workload's key, if that has numbers. */
static void note_entry(json_t *of, const char *workload, const char *object, const char *key,
		       size_t index)
{
	json_t *name = json_sprintf("%s %s %s", workload, object, key), *found;

	found = json_object_get(of, json_string_value(name) ?: "");
	if (!found) {
		found = json_pack("{s:s, s:s, s:[]}", "object", object, "key", key, "members");
		json_object_set_new(of, json_string_value(name) ?: "", found);
	}
	json_array_append_new(json_object_get(found, "members"), json_integer((json_int_t)index));
	json_decref(name);
}

/* Adds a chart for each workload and each of its parameters and keys that takes several values. */
static void add(const struct section *s, json_t *charts)
{
	static const char *const objects[] = { "params", "config" };
	json_t *of = json_object(), *value, *one, *chart;
	const char *key;

	for (size_t i = 0; i < s->nr; i++)
		for (size_t o = 0; o < 2; o++)
			json_object_foreach(json_object_get(s->entries[i].cell, objects[o]), key,
					    value)
				if (isfinite(chart__number_of(value)))
					note_entry(of, doc__text(s->entries[i].cell, "workload"),
						   objects[o], key, i);
	json_object_foreach(of, key, one) {
		const json_t *members = json_object_get(one, "members");

		chart = json_array_size(members) < MIN_SWEEP ?
				NULL :
				sweep_chart(s, members, doc__text(one, "object"),
					    doc__text(one, "key"));
		if (chart)
			json_array_append_new(charts, chart);
	}
	json_decref(of);
}

DEFINE_SCRIPT(sweep);
DEFINE_CHART(sweep) = {
	.order = 20,
	.add = add,
};
