// SPDX-License-Identifier: GPL-2.0-or-later
/* Costs with their intervals, with a row for each workload. */
#include "reports/charts/chart_kinds.h"

#include <float.h>
#include <math.h>

#include "bench/result/doc.h"

/* Sets an axis that holds all medians and intervals, with room for figures at the right. */
static bool set_cost_axis(const struct section *s, json_t *chart, double factor)
{
	struct range values = { DBL_MAX, -DBL_MAX }, positive = values;
	bool logarithmic;

	for (size_t i = 0; i < s->nr; i++) {
		double low, high, p50 = doc__number(s->entries[i].cell, "summary.p50");

		entry__interval(s->entries[i].cell, &low, &high);
		range__stretch(&values, low, false);
		range__stretch(&values, high, false);
		range__stretch(&positive, p50, true);
		range__stretch(&positive, high, true);
		if (low > p50 / 10)
			range__stretch(&positive, low, true);
	}
	logarithmic = positive.most > 0 && positive.most > LOG_FROM * positive.least;
	if (logarithmic) {
		chart__set_number(chart, "xlow", factor * positive.least / 1.5);
		chart__set_number(chart, "xhigh",
				  factor * positive.most *
					  pow(positive.most / positive.least, 0.25));
	} else {
		double from = fmin(values.least, 0), to = fmax(values.most, 0);

		chart__set_number(chart, "xlow", factor * (from < 0 ? from * 1.1 : 0));
		chart__set_number(chart, "xhigh", factor * (to > 0 ? to * 1.3 : 1));
	}
	chart__set_number(chart, "xlog", logarithmic);
	return logarithmic;
}

static void put_costs(const struct section *s, json_t *chart, size_t series, bool logarithmic,
		      double factor)
{
	double floor = doc__number(chart, "vars.xlow");
	struct data_file f;
	char name[32];

	data_file__open(&f);
	fprintf(f.stream, "%s\n", name_index__at(s->series, series));
	for (size_t i = 0; i < s->nr; i++) {
		const struct entry *e = &s->entries[i];
		double p50 = doc__number(e->cell, "summary.p50"), low, high;
		json_t *words;
		bool cut;

		if (name_index__of(s->series, e->series) != series)
			continue;
		entry__interval(e->cell, &low, &high);
		cut = logarithmic && low * factor < floor;
		/*
		 * A value not above 0 cannot be placed on a log scale; its figure is at the left
		 * end.
		 */
		if (logarithmic && p50 * factor <= floor)
			p50 = low = high = floor / factor;
		if (logarithmic && low * factor < floor)
			low = floor / factor;
		words = chart__in_words(doc__number(e->cell, "summary.p50"), s->unit);
		fprintf(f.stream, "%.12g\t%.4f\t%.12g\t%.12g\t%s\t%d\n", factor * p50,
			section__place(s, e), factor * low, factor * high, json_string_value(words),
			cut);
		json_decref(words);
	}
	snprintf(name, sizeof(name), "d%zu.dat", series);
	data_file__close(&f, json_object_get(chart, "files"), name);
}

static void add(const struct section *s, json_t *charts)
{
	json_t *chart;
	double factor = chart__factor(s->unit);
	bool logarithmic;

	chart = chart__new(
		s->group, "costs", "costs",
		section__title(s, chart__is_rate(s->unit) ? "bandwidth" : "cost of an operation"),
		json_string("Median over rounds of fresh VMs, and its 95 % interval; with "
			    "an arrow where that goes on beyond the axis."));
	logarithmic = set_cost_axis(s, chart, factor);
	for (size_t i = 0; i < json_object_size(s->series); i++)
		put_costs(s, chart, i, logarithmic, factor);
	section__put_ticks(s, json_object_get(chart, "files"));
	chart__set_number(chart, "series", (double)json_object_size(s->series));
	section__set_rows(s, chart);
	chart__set_axis(chart, "x", s->unit, chart__cost_in_words(s->unit),
			doc__number(chart, "vars.xhigh") / factor / 2, logarithmic);
	json_array_append_new(charts, chart);
}

DEFINE_SCRIPT(costs);
DEFINE_CHART(costs) = {
	.order = 10,
	.rows = true,
	.add = add,
};
