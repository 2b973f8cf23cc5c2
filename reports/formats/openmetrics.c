// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Results as metrics. All of them are gauges or summaries, since a result is over: a counter that
 * the next result sets anew would look like one that went on.
 */
#include "reports/formats/openmetrics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/base/openmetrics.h"
#include "bench/result/doc.h"
#include "reports/formats/format.h"

/* A cell of one of the results, and what it is called. */
struct metric_cell {
	const json_t *cell; /* or a reason of one */
	struct openmetrics_text labels;
};

struct export
{
	struct openmetrics om;
	const json_t *results;
	struct metric_cell *cells;
	size_t nr_cells;
};

static void label(struct openmetrics_text *labels, const char *name, const char *text)
{
	char *clean = format__clean(text, true);

	openmetrics__label(labels, name, clean);
	free(clean);
}

static void label_cell(struct openmetrics_text *labels, const json_t *cell)
{
	double pid = doc__number(cell, "params.pid");
	char text[24];

	if (strcmp(doc__text(cell, "group"), "profile")) {
		label(labels, "workload", doc__text(cell, "label"));
		label(labels, "backend", doc__text(cell, "backend"));
		label(labels, "config", doc__text(cell, "config.name"));
		return;
	}
	label(labels, "vm", doc__text(cell, "label"));
	label(labels, "pod", doc__text(cell, "vm.pod"));
	label(labels, "uuid", doc__text(cell, "vm.uuid"));
	snprintf(text, sizeof(text), "%.0f", pid);
	openmetrics__label(labels, "pid", isfinite(pid) ? text : "");
}

static int find_cells(struct export *e)
{
	const json_t *one, *cell;
	size_t i, k, nr = 0;

	json_array_foreach(e->results, i, one)
		nr += json_array_size(doc__at(one, "result.cells"));
	e->cells = calloc(nr + 1, sizeof(*e->cells));
	if (!e->cells)
		return -ENOMEM;
	json_array_foreach(e->results, i, one) {
		json_array_foreach(doc__at(one, "result.cells"), k, cell) {
			struct metric_cell *c = &e->cells[e->nr_cells++];

			c->cell = cell;
			label(&c->labels, "result", doc__text(one, "name"));
			label_cell(&c->labels, cell);
			e->om.text.failed |= c->labels.failed;
		}
	}
	return 0;
}

/* A family with a sample for each result, of which `put` adds the value to the labels. */
static void write_results(struct export *e,
			  void (*put)(struct openmetrics *om, struct openmetrics_text *labels,
				      const json_t *doc))
{
	const json_t *one;
	size_t i;

	json_array_foreach(e->results, i, one) {
		struct openmetrics_text labels = { .len = 0 };

		label(&labels, "result", doc__text(one, "name"));
		put(&e->om, &labels, doc__at(one, "result"));
		e->om.text.failed |= labels.failed;
		free(labels.at);
	}
}

static void put_info(struct openmetrics *om, struct openmetrics_text *labels, const json_t *doc)
{
	label(labels, "job", doc__text(doc, "plan.name"));
	label(labels, "host", doc__text(doc, "host.fingerprint"));
	label(labels, "kernel", doc__text(doc, "host.kernel"));
	label(labels, "cpu", doc__text(doc, "host.cpu.model"));
	label(labels, "version", doc__text(doc, "tool.version"));
	openmetrics__u64(om, labels, 1);
}

static void put_time(struct openmetrics *om, struct openmetrics_text *labels, const json_t *doc)
{
	struct tm tm = { .tm_sec = 0 };

	if (strptime(doc__text(doc, "started"), "%Y-%m-%dT%H:%M:%SZ", &tm))
		openmetrics__number(om, labels, (double)timegm(&tm));
}

/* Quantiles that were not given (too few samples) are left out. */
static void put_quantiles(struct openmetrics *om, const struct metric_cell *c, const char *of,
			  double factor)
{
	static const struct {
		const char *quantile, *key;
	} list[] = { { "0.5", "p50" }, { "0.9", "p90" }, { "0.99", "p99" }, { "0.999", "p999" } };
	const json_t *object = doc__at(c->cell, of);

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		openmetrics__quantile(om, &c->labels, list[i].quantile,
				      factor * doc__number(object, list[i].key));
	if (doc__number(object, "n") >= 0)
		openmetrics__count(om, &c->labels, (uint64_t)doc__number(object, "n"));
}

static const struct {
	const char *unit;
	double factor;
	const char *name, *of_metric;
} units[] = {
	{ "ns", 1e-9, "seconds", "seconds" },
	{ "cycles", 1, "cycles", "cycles" },
	{ "insn", 1, "instructions", "instructions" },
	{ "bytes_per_s", 1, "bytes_per_second", "second" },
};

static bool has_cost(const struct metric_cell *c, const char *unit)
{
	return !strcmp(doc__text(c->cell, "unit"), unit) &&
	       isfinite(doc__number(c->cell, "summary.p50"));
}

/* The ends of the interval of the median, where there is one. */
static void write_ends(struct export *e, size_t unit)
{
	static const char *const ends[] = { "low", "high" };
	char name[80];

	for (size_t end = 0; end < 2; end++) {
		snprintf(name, sizeof(name), "hvbench_operation_p50_%s_%s", ends[end],
			 units[unit].name);
		openmetrics__family(&e->om, name, OPENMETRICS_GAUGE, units[unit].of_metric,
				    end ? "Upper end of the 95 % interval of the median" :
					  "Lower end of the 95 % interval of the median");
		for (size_t i = 0; i < e->nr_cells; i++)
			if (has_cost(&e->cells[i], units[unit].unit))
				openmetrics__number(&e->om, &e->cells[i].labels,
						    units[unit].factor *
							    doc__element(e->cells[i].cell,
									 "summary.ci95", end));
	}
}

static void write_costs(struct export *e)
{
	char name[80];

	for (size_t unit = 0; unit < sizeof(units) / sizeof(*units); unit++) {
		bool any = false;

		for (size_t i = 0; !any && i < e->nr_cells; i++)
			any = has_cost(&e->cells[i], units[unit].unit);
		if (!any)
			continue;
		snprintf(name, sizeof(name), "hvbench_operation_%s", units[unit].name);
		openmetrics__family(&e->om, name, OPENMETRICS_SUMMARY, units[unit].of_metric,
				    "What an operation of a workload costs, or moves");
		for (size_t i = 0; i < e->nr_cells; i++)
			if (has_cost(&e->cells[i], units[unit].unit))
				put_quantiles(&e->om, &e->cells[i], "summary", units[unit].factor);
		write_ends(e, unit);
	}
}

/* For each reason of the cells of profiles, or of the others. */
static void write_reasons(struct export *e, bool of_profiles,
			  void (*put)(struct openmetrics *om, const struct metric_cell *c))
{
	for (size_t i = 0; i < e->nr_cells; i++) {
		const json_t *reason;
		size_t k;

		if (strcmp(doc__text(e->cells[i].cell, "group"), "profile") == of_profiles)
			continue;
		json_array_foreach(doc__at(e->cells[i].cell, "exits.by_reason"), k, reason) {
			struct metric_cell c = { .cell = reason };

			openmetrics__labels(&c.labels, &e->cells[i].labels);
			label(&c.labels, "reason", doc__text(reason, "reason"));
			put(&e->om, &c);
			e->om.text.failed |= c.labels.failed;
			free(c.labels.at);
		}
	}
}

static void put_per_op(struct openmetrics *om, const struct metric_cell *c)
{
	const json_t *reason = c->cell;

	openmetrics__number(om, &c->labels, doc__number(reason, "per_op"));
}

static void put_times(struct openmetrics *om, const struct metric_cell *c)
{
	const json_t *reason = c->cell;

	if (isfinite(doc__number(reason, "ns.p50")))
		put_quantiles(om, c, "ns", 1e-9);
}

static void write_all(struct export *e)
{
	openmetrics__family(&e->om, "hvbench_result", OPENMETRICS_INFO, NULL,
			    "A result, and where it was measured");
	write_results(e, put_info);
	openmetrics__family(&e->om, "hvbench_result_start_time_seconds", OPENMETRICS_GAUGE,
			    "seconds", "When it was measured, since 1970");
	write_results(e, put_time);
	openmetrics__family(&e->om, "hvbench_cell_ok", OPENMETRICS_GAUGE, NULL,
			    "1: measured; 0: failed or skipped");
	for (size_t i = 0; i < e->nr_cells; i++)
		openmetrics__u64(&e->om, &e->cells[i].labels,
				 !strcmp(doc__text(e->cells[i].cell, "status"), "ok"));
	write_costs(e);
	openmetrics__family(&e->om, "hvbench_operation_exits", OPENMETRICS_GAUGE, NULL,
			    "Exits of an operation by reason");
	write_reasons(e, false, put_per_op);
	openmetrics__family(&e->om, "hvbench_profile_exits_per_second", OPENMETRICS_GAUGE, "second",
			    "Exits of a VM that others run, by reason");
	write_reasons(e, true, put_per_op);
	openmetrics__family(&e->om, "hvbench_profile_exit_seconds", OPENMETRICS_SUMMARY, "seconds",
			    "Time from exit to entry in a profile");
	write_reasons(e, true, put_times);
}

static int render(const json_t *doc, FILE *out, bool classic)
{
	struct export e = { .om = { .classic = classic }, .results = doc };
	int code = find_cells(&e);

	if (!code) {
		write_all(&e);
		code = openmetrics__end(&e.om);
	}
	if (!code)
		fwrite(e.om.text.at, 1, e.om.text.len, out);
	for (size_t i = 0; i < e.nr_cells; i++)
		free(e.cells[i].labels.at);
	free(e.cells);
	free(e.om.text.at);
	return code ?: fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

static int render_openmetrics(enum show what, const json_t *doc, FILE *out,
			      const struct report_options *opts)
{
	(void)opts;
	return what == SHOW_EXPORT ? render(doc, out, false) : -EINVAL;
}

static int render_prometheus(enum show what, const json_t *doc, FILE *out,
			     const struct report_options *opts)
{
	(void)opts;
	return what == SHOW_EXPORT ? render(doc, out, true) : -EINVAL;
}

DEFINE_RENDERER(openmetrics) = {
	.name = "openmetrics",
	.what = "metrics as OpenMetrics 1.0",
	.endings = ".om .openmetrics",
	.order = 70,
	.shows = SHOW_METRICS | SHOW_EXPORT,
	.render = render_openmetrics,
};

DEFINE_RENDERER(prometheus) = {
	.name = "prometheus",
	.what = "metrics in Prometheus' text format 0.0.4, which node_exporter's textfile "
		"collector reads",
	.endings = ".prom",
	.order = 71,
	.shows = SHOW_METRICS | SHOW_EXPORT,
	.render = render_prometheus,
};
