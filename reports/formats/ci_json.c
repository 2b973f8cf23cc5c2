// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Figures for services that keep them by commit and say when they get worse:
 * github-action-benchmark ("customSmallerIsBetter", "customBiggerIsBetter") and Bencher (its
 * "Bencher Metric Format"). The first takes figures of one direction only.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/formats/figures.h"
#include "reports/formats/report.h"

static int dump(json_t *json, FILE *out)
{
	int code =
		json && !json_dumpf(json, out,
				    JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12)) ?
			0 :
			-(errno ?: ENOMEM);

	json_decref(json);
	fputc('\n', out);
	return code ?: fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

static json_t *action_entry(const struct figure *f)
{
	json_t *entry =
		json_pack("{s:s, s:s, s:f}", "name", f->name, "unit", f->unit, "value", f->value);
	char text[80];

	if (isfinite(f->low) && isfinite(f->high)) {
		snprintf(text, sizeof(text), "%.6g to %.6g", f->low, f->high);
		json_object_set_new(entry, "range", json_string(text));
	}
	if (isfinite(f->exits_per_op)) {
		snprintf(text, sizeof(text), "%.3f exits an operation", f->exits_per_op);
		json_object_set_new(entry, "extra", json_string(text));
	}
	return entry;
}

static int render_action(const json_t *doc, FILE *out, bool bigger)
{
	json_t *list = json_array();
	struct figure *figures;
	size_t nr;
	int code = figures__of(doc, &figures, &nr);

	for (size_t i = 0; !code && i < nr; i++)
		if (figures[i].measured && figures[i].bigger_is_better == bigger)
			json_array_append_new(list, action_entry(&figures[i]));
	figures__free(figures, nr);
	if (code)
		json_decref(list);
	return code ?: dump(list, out);
}

static int render_smaller(enum show what, const json_t *doc, FILE *out,
			  const struct report_options *opts)
{
	(void)what;
	(void)opts;
	return render_action(doc, out, false);
}

static int render_bigger(enum show what, const json_t *doc, FILE *out,
			 const struct report_options *opts)
{
	(void)what;
	(void)opts;
	return render_action(doc, out, true);
}

/* Bencher's own measure of times is in ns; others are made when it first sees them. */
static const char *measure_of(const char *unit)
{
	return !strcmp(unit, "ns") ? "latency" : !strcmp(unit, "bytes/s") ? "bandwidth" : unit;
}

static json_t *bencher_metrics(const struct figure *f)
{
	json_t *metrics = json_object(), *metric = json_pack("{s:f}", "value", f->value);

	if (isfinite(f->low))
		json_object_set_new(metric, "lower_value", json_real(f->low));
	if (isfinite(f->high))
		json_object_set_new(metric, "upper_value", json_real(f->high));
	json_object_set_new(metrics, measure_of(f->unit), metric);
	if (isfinite(f->exits_per_op))
		json_object_set_new(metrics, "exits", json_pack("{s:f}", "value", f->exits_per_op));
	return metrics;
}

static int render_bencher(enum show what, const json_t *doc, FILE *out,
			  const struct report_options *opts)
{
	json_t *all = json_object();
	struct figure *figures;
	size_t nr;
	int code = figures__of(doc, &figures, &nr);

	(void)what;
	(void)opts;
	for (size_t i = 0; !code && i < nr; i++)
		if (figures[i].measured)
			json_object_set_new(all, figures[i].name, bencher_metrics(&figures[i]));
	figures__free(figures, nr);
	if (code)
		json_decref(all);
	return code ?: dump(all, out);
}

DEFINE_RENDERER(benchmark_action) = {
	.name = "benchmark-action",
	.what = "times for github-action-benchmark, tool customSmallerIsBetter",
	.order = 80,
	.shows = SHOW_EXPORT,
	.render = render_smaller,
};

DEFINE_RENDERER(benchmark_action_bigger) = {
	.name = "benchmark-action-bigger",
	.what = "bandwidths for the same, tool customBiggerIsBetter",
	.order = 81,
	.shows = SHOW_EXPORT,
	.render = render_bigger,
};

DEFINE_RENDERER(bencher) = {
	.name = "bencher",
	.what = "Bencher Metric Format",
	.order = 82,
	.shows = SHOW_EXPORT,
	.render = render_bencher,
};
