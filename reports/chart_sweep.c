// SPDX-License-Identifier: GPL-2.0-or-later
/* Costs over a parameter or a configuration key that takes several values. */
#include "chart_kinds.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"

#define MIN_SWEEP	3	/* values that make a curve */

/* Sizes and times by the parameter's name, since a document holds bare numbers. */
static const char *parameter_unit(const char *name)
{
	if (strstr(name, "_ns"))
		return "s";
	if (strstr(name, "size") || strstr(name, "set") || strstr(name, "stride") || strstr(name, "bytes"))
		return "B";
	return "";
}

/* What a cell is but for one of its parameters: cells that are equal in it are one curve. */
static json_t *curve_of(const struct entry *e, const char *object_name, const char *parameter)
{
	json_t *params = json_copy(json_object_get(e->cell, "params") ?: json_null());
	json_t *config = json_copy(json_object_get(e->cell, "config") ?: json_null());
	json_t *key;
	char *text;

	if (json_is_object(config))
		json_object_del(config, "name");
	json_object_del(!strcmp(object_name, "params") ? params : config, parameter);
	key = json_pack("[s, s, i, o, o, O]", doc__text(e->cell, "workload"), doc__text(e->cell, "backend"),
			(int)e->result, params, config, json_object_get(e->cell, "ring") ?: json_null());
	text = key ? json_dumps(key, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
	json_decref(key);
	key = json_string(text ?: "");
	free(text);
	return key;
}

struct point {
	double x, y, low, high;
};

static int by_x(const void *a, const void *b)
{
	const struct point *p = a, *q = b;

	return (p->x > q->x) - (p->x < q->x);
}

/* The points of one curve in order. Returns how many there are. */
static size_t points_of(const struct section *s, const json_t *curve, const char *object_name,
			const char *parameter, struct point *points)
{
	size_t nr = 0;

	for (size_t i = 0; i < s->nr; i++) {
		const struct entry *e = &s->entries[i];
		double x = chart__number_of(json_object_get(json_object_get(e->cell, object_name), parameter));
		json_t *key = curve_of(e, object_name, parameter);

		if (isfinite(x) && json_equal(key, (json_t *)curve)) {
			points[nr].x = x;
			points[nr].y = doc__number(e->cell, "summary.p50");
			entry__interval(e->cell, &points[nr].low, &points[nr].high);
			nr++;
		}
		json_decref(key);
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

static void put_points(json_t *chart, size_t series, const char *name, const struct point *points, size_t nr,
		       double xfactor, double yfactor)
{
	struct data_file f;
	char file_name[32];

	if (data_file__open(&f))
		return;
	fprintf(f.stream, "%s\n", name);
	for (size_t i = 0; i < nr; i++)
		fprintf(f.stream, "%.12g\t%.12g\t%.12g\t%.12g\n", xfactor * points[i].x, yfactor * points[i].y,
			yfactor * points[i].low, yfactor * points[i].high);
	snprintf(file_name, sizeof(file_name), "d%zu.dat", series);
	data_file__close(&f, json_object_get(chart, "files"), file_name);
}

/* The curves of one chart, and the axes that they need. */
struct sweep {
	const struct section *s;
	const char *workload, *object, *parameter, *unit;
	struct range xs, ys;
	bool positive;
	size_t series;
};

/* The curve that an entry is on, if it has enough points and was not drawn before. */
static void add_curve(struct sweep *w, const struct entry *e, struct point *points, json_t *curves, json_t *chart)
{
	json_t *curve = curve_of(e, w->object, w->parameter);
	bool known = json_object_get(curves, json_string_value(curve));
	size_t nr = known ? 0 : points_of(w->s, curve, w->object, w->parameter, points);

	json_object_set_new(curves, json_string_value(curve), json_true());
	json_decref(curve);
	if (different_x(points, nr) < MIN_SWEEP)
		return;
	for (size_t p = 0; p < nr; p++) {
		range__stretch(&w->xs, points[p].x, false);
		range__stretch(&w->ys, points[p].y, false);
		w->positive = w->positive && points[p].low > 0;
	}
	put_points(chart, w->series++, json_string_value(e->series), points, nr, !strcmp(w->unit, "s") ? 1e-9 : 1,
		   chart__factor(w->s->unit));
}

static void set_axes(const struct sweep *w, json_t *chart)
{
	bool xlog = w->xs.least > 0 && w->xs.most >= 8 * w->xs.least;
	bool ylog = w->positive && w->ys.most > LOG_FROM * w->ys.least;
	json_t *name = chart__text(w->parameter, MAX_LABEL / 2);

	chart__set_number(chart, "xlog", xlog ? (!strcmp(w->unit, "B") ? 2 : 10) : 0);
	chart__set_number(chart, "ylog", ylog);
	if (!strcmp(w->unit, "s")) {
		chart__set_axis(chart, "x", "ns", json_string_value(name), w->xs.most / 2, xlog);
	} else {
		chart__set_text(chart, "xunit", xlog ? w->unit : "");
		chart__set_text(chart, "xlabel", json_string_value(name));
	}
	chart__set_axis(chart, "y", w->s->unit, chart__cost_in_words(w->s->unit), w->ys.most / 2, ylog);
	json_decref(name);
}

/* All curves of one workload over one parameter; NULL: it takes too few values. */
static json_t *sweep_chart(const struct section *s, const char *workload, const char *object, const char *parameter)
{
	struct sweep w = {
		.s = s, .workload = workload, .object = object, .parameter = parameter,
		.unit = parameter_unit(parameter), .xs = { DBL_MAX, -DBL_MAX }, .ys = { DBL_MAX, -DBL_MAX },
		.positive = true,
	};
	struct point *points = calloc(s->nr + 1, sizeof(*points));
	json_t *curves = json_object(), *chart;

	chart = chart__new(s->group, "sweep", "sweep", json_sprintf("%s over %s", workload, parameter),
			   json_string("Median over rounds of fresh VMs, and its 95 % interval."));
	for (size_t i = 0; points && i < s->nr && w.series < MAX_SERIES; i++)
		if (!strcmp(doc__text(s->entries[i].cell, "workload"), workload))
			add_curve(&w, &s->entries[i], points, curves, chart);
	chart__set_number(chart, "series", (double)w.series);
	set_axes(&w, chart);
	free(points);
	json_decref(curves);
	if (w.series)
		return chart;
	json_decref(chart);
	return NULL;
}

/* A chart for each workload and each of its parameters and keys that takes several values. */
void chart_sweep__add(const struct section *s, json_t *charts)
{
	static const char *const objects[] = { "params", "config" };
	json_t *done = json_object(), *value;
	const char *parameter;

	for (size_t i = 0; i < s->nr; i++) {
		const char *workload = doc__text(s->entries[i].cell, "workload");

		for (size_t o = 0; o < 2; o++) {
			json_object_foreach(json_object_get(s->entries[i].cell, objects[o]), parameter, value) {
				json_t *key = json_sprintf("%s %s %s", workload, objects[o], parameter), *chart;

				if (key && isfinite(chart__number_of(value)) &&
				    !json_object_get(done, json_string_value(key))) {
					json_object_set_new(done, json_string_value(key), json_true());
					chart = sweep_chart(s, workload, objects[o], parameter);
					if (chart)
						json_array_append_new(charts, chart);
				}
				json_decref(key);
			}
		}
	}
	json_decref(done);
}
