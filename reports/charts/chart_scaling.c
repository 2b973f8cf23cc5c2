// SPDX-License-Identifier: GPL-2.0-or-later
/* How costs grow with the number of vCPUs of one VM that are at work at once. */
#include "reports/charts/chart_kinds.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/result/doc.h"

/* One workload: its costs over those of one vCPU. */
struct growth {
	const struct entry *first;
	struct point {
		double vcpus, times, low, high;
	} * points;
	size_t nr;
	double most;
};

static double vcpus_of(const struct section *s, const json_t *curve, size_t i)
{
	const json_t *cell = s->entries[json_integer_value(json_array_get(curve, i))].cell;

	return chart__number_of(json_object_get(json_object_get(cell, "config"), "parallel"));
}

static int by_vcpus(const void *a, const void *b)
{
	const struct point *p = a, *q = b;

	return (p->vcpus > q->vcpus) - (p->vcpus < q->vcpus);
}

/* How far a workload is from one that scales: a rate falls where a cost grows. */
static double badness(const struct growth *g)
{
	return g->most > 0 ? fabs(log(g->most)) : 0;
}

static int worst_first(const void *a, const void *b)
{
	double x = badness(a), y = badness(b);

	return (x < y) - (x > y);
}

/* False: the cell of one vCPU is missing, or all others are. */
static bool growth__of(struct growth *g, const struct section *s, const json_t *curve)
{
	size_t nr = json_array_size(curve);
	double one = NAN;

	*g = (struct growth){ .points = alloc__need_zeroed(nr + 1, sizeof(*g->points)) };
	for (size_t i = 0; i < nr; i++) {
		const struct entry *e = &s->entries[json_integer_value(json_array_get(curve, i))];

		if (vcpus_of(s, curve, i) != 1)
			continue;
		g->first = e;
		one = doc__number(e->cell, "summary.p50");
	}
	for (size_t i = 0; i < nr && one > 0; i++) {
		const struct entry *e = &s->entries[json_integer_value(json_array_get(curve, i))];
		double p50 = doc__number(e->cell, "summary.p50");
		double low = doc__number(e->cell, "parallel.least");
		double high = doc__number(e->cell, "parallel.most");

		if (!isfinite(p50))
			continue;
		g->points[g->nr++] = (struct point){
			.vcpus = vcpus_of(s, curve, i),
			.times = p50 / one,
			.low = (isfinite(low) ? low : p50) / one,
			.high = (isfinite(high) ? high : p50) / one,
		};
	}
	qsort(g->points, g->nr, sizeof(*g->points), by_vcpus);
	if (g->nr)
		g->most = g->points[g->nr - 1].times;
	return g->nr > 1 && g->points[0].vcpus < g->points[g->nr - 1].vcpus;
}

static void put_growth(const struct section *s, const struct growth *g, json_t *chart,
		       size_t series)
{
	const char *label = doc__text(g->first->cell, "label"), *config;
	json_t *result = section__result_name(s, g->first->result), *both, *name;
	struct data_file f;
	char file[32];

	label = *label ? label : doc__text(g->first->cell, "workload");
	config = doc__text(g->first->cell, "config.name");
	both = json_sprintf("%s%s%s%s%s", json_string_value(result),
			    json_string_length(result) ? ", " : "", label,
			    strcmp(config, "default") ? ", " : "",
			    strcmp(config, "default") ? config : "");
	name = chart__text(json_string_value(both) ?: "?", MAX_LABEL);
	data_file__open(&f);
	fprintf(f.stream, "%s\n", json_string_value(name));
	for (size_t i = 0; i < g->nr; i++)
		fprintf(f.stream, "%.12g\t%.6g\t%.6g\t%.6g\n", g->points[i].vcpus,
			g->points[i].times, g->points[i].low, g->points[i].high);
	snprintf(file, sizeof(file), "d%zu.dat", series);
	data_file__close(&f, json_object_get(chart, "files"), file);
	json_decref(result);
	json_decref(both);
	json_decref(name);
}

static json_t *new_chart(const struct section *s, const struct growth *list, size_t nr)
{
	bool rate = chart__is_rate(s->unit);
	json_t *chart, *caption = json_string("Median, and the vCPUs with the least and the most.");
	struct range xs = { DBL_MAX, -DBL_MAX }, ys = { 1, 1 };

	if (nr > MAX_SERIES) {
		json_decref(caption);
		caption = json_sprintf("Median, and the vCPUs with the least and the most. Of %zu "
				       "the %d that change most are drawn.",
				       nr, MAX_SERIES);
		nr = MAX_SERIES;
	}
	chart = chart__new(s->group, "scaling", "scaling",
			   json_sprintf("%s: %s over the number of vCPUs at work in one VM",
					s->group, rate ? "bandwidth of a vCPU" : "cost"),
			   caption);
	for (size_t k = 0; k < nr; k++) {
		for (size_t i = 0; i < list[k].nr; i++) {
			range__stretch(&xs, list[k].points[i].vcpus, true);
			range__stretch(&ys, list[k].points[i].low, true);
			range__stretch(&ys, list[k].points[i].high, true);
		}
		put_growth(s, &list[k], chart, k);
	}
	chart__set_number(chart, "series", (double)nr);
	chart__set_number(chart, "xlow", xs.least / 1.1);
	chart__set_number(chart, "xhigh", xs.most * 1.1);
	chart__set_number(chart, "ylow", ys.most > LOG_FROM ? ys.least / 1.2 : 0);
	chart__set_number(chart, "yhigh", fmax(ys.most * 1.1, 2));
	chart__set_number(chart, "ylog", ys.most > LOG_FROM);
	return chart;
}

static void add(const struct section *s, json_t *charts)
{
	json_t *curves = section__curves(s, NULL, "config", "parallel"), *curve;
	struct growth *list = alloc__need_zeroed(json_object_size(curves) + 1, sizeof(*list));
	const char *key;
	size_t nr = 0;

	json_object_foreach(curves, key, curve) {
		if (growth__of(&list[nr], s, curve))
			nr++;
		else
			free(list[nr].points);
	}
	qsort(list, nr, sizeof(*list), worst_first);
	if (nr)
		json_array_append_new(charts, new_chart(s, list, nr));
	while (nr)
		free(list[--nr].points);
	free(list);
	json_decref(curves);
}

DEFINE_SCRIPT(scaling);
DEFINE_CHART(scaling) = {
	.order = 25,
	.add = add,
};
