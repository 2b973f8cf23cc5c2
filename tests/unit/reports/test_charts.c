// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Charts hold what was measured, in the order their axes promise, and no text of a result by which
 * it could give orders to gnuplot or to a page.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "bench/result/doc.h"
#include "reports/charts/chart.h"
#include "reports/charts/chart_kinds.h"
#include "reports/charts/charts.h"
#include "reports/compare/compare.h"
#include "tests/documents.h"

static const double rounds[] = { 100, 101, 102, 103, 104, 105 };

/* Adds a cell of `workload` with parameters and configuration (both taken over) and a median. */
static json_t *add_cell(json_t *doc, const char *workload, double p50, json_t *params,
			json_t *config)
{
	json_t *cell = document__cell(doc, workload, rounds, 6);

	json_object_set_new(json_object_get(cell, "summary"), "p50", json_real(p50));
	json_object_set_new(cell, "params", params);
	json_object_set_new(cell, "config", config);
	return cell;
}

/*
 * chase with 3 working sets and 2 kinds of pages: 1, 10, 100 ns, and twice that with small pages.
 */
static json_t *matrix(void)
{
	json_t *doc = document__new("fnv1a64:1", "tsc");

	for (int pages = 0; pages < 2; pages++)
		for (int size = 2; size >= 0; size--)
			add_cell(doc, "chase", pow(10, size) * (2 - pages),
				 json_pack("{s:I, s:i}", "working_set",
					   (json_int_t)65536 << 4 * size, "stride", 64),
				 json_pack("{s:s, s:s}", "name", "any", "pages",
					   pages ? "thp" : "4k"));
	return doc;
}

static json_t *charts_of(json_t *doc)
{
	struct compare_side side = { .name = "r.json", .doc = doc };

	return charts__build(&side, 1, NULL);
}

static const json_t *chart_of(const json_t *charts, const char *kind)
{
	const json_t *chart;
	size_t i;

	json_array_foreach(charts, i, chart)
		if (!strcmp(doc__text(chart, "kind"), kind))
			return chart;
	return NULL;
}

static const char *file_of(const json_t *chart, const char *name)
{
	const char *text =
		json_string_value(json_object_get(json_object_get(chart, "files"), name));

	if (!text)
		fail_msg("no file %s", name);
	return text;
}

static void heat_map_has_each_value_in_its_field(void **state)
{
	static const char fields[] = "1\t1\t2e-09\t2.00 ns\t16711422\n"
				     "2\t1\t1e-09\t1.00 ns\t16711422\n"
				     "1\t2\t2e-08\t20.0 ns\t65793\n"
				     "2\t2\t1e-08\t10.0 ns\t16711422\n"
				     "1\t3\t2e-07\t200.0 ns\t65793\n"
				     "2\t3\t1e-07\t100.0 ns\t65793\n";
	json_t *doc = matrix(), *charts = charts_of(doc);
	const json_t *map = chart_of(charts, "heatmap");

	(void)state;
	assert_non_null(map);
	assert_string_equal(doc__text(map, "title"), "chase over working_set and pages");
	assert_string_equal(file_of(map, "ticks.dat"),
			    "1\t64 KiB\t64 KiB\n2\t1 MiB\t1 MiB\n3\t16 MiB\t16 MiB\n");
	assert_string_equal(file_of(map, "columns.dat"), "1\t4 KiB\t4 KiB\n2\tthp\tthp\n");
	assert_string_equal(file_of(map, "fields.dat"), fields);
	assert_string_equal(file_of(map, "missing.dat"), "");
	/* From 1 to 200 ns is more than a decade. */
	assert_true(doc__number(map, "vars.cblog") == 1);
	json_decref(charts);
	json_decref(doc);
}

/* The same with 2m as the third kind of pages. */
static json_t *larger_matrix(void)
{
	json_t *doc = matrix();

	for (int size = 2; size >= 0; size--)
		add_cell(doc, "chase", 5,
			 json_pack("{s:I, s:i}", "working_set", (json_int_t)65536 << 4 * size,
				   "stride", 64),
			 json_pack("{s:s, s:s}", "name", "any", "pages", "2m"));
	return doc;
}

static void heat_map_tells_what_was_not_measured(void **state)
{
	json_t *doc = larger_matrix(), *cells = json_object_get(doc, "cells"), *charts;
	const json_t *map;

	(void)state;
	json_object_set_new(json_array_get(cells, 0), "status", json_string("failed"));
	json_object_set_new(json_array_get(cells, 0), "summary", json_null());
	json_array_remove(cells, 5);
	charts = charts_of(doc);
	map = chart_of(charts, "heatmap");
	assert_string_equal(file_of(map, "missing.dat"), "3\t1\tfailed\n1\t2\tnot measured\n");
	assert_true(doc__number(map, "vars.missing") == 2);
	assert_null(strstr(file_of(map, "fields.dat"), "200.0"));
	json_decref(charts);
	json_decref(doc);
}

static void no_heat_map_of_what_is_no_matrix(void **state)
{
	json_t *doc = matrix(), *cells = json_object_get(doc, "cells"), *charts;

	(void)state;
	/* A third key that varies. */
	json_object_set_new(json_object_get(json_array_get(cells, 0), "config"), "irqchip",
			    json_string("kernel"));
	for (size_t i = 1; i < 6; i++)
		json_object_set_new(json_object_get(json_array_get(cells, i), "config"), "irqchip",
				    json_string("split"));
	charts = charts_of(doc);
	assert_null(chart_of(charts, "heatmap"));
	json_decref(charts);
	json_decref(doc);
	/*
	 * Cases without a heat map: a key with a single value; a baseline beside a curve; a row or
	 * column of one value.
	 */
	for (int kind = 0; kind < 4; kind++) {
		doc = kind >= 2 ? larger_matrix() : matrix();
		cells = json_object_get(doc, "cells");
		for (int i = 0; kind < 2 && i < 3 - kind; i++)
			json_array_remove(cells, 3);
		for (size_t i = 0; kind >= 2 && i < 2; i++)
			json_array_remove(cells, kind == 2 ? 3 : 3 + 2 * i);
		charts = charts_of(doc);
		assert_null(chart_of(charts, "heatmap"));
		json_decref(charts);
		json_decref(doc);
	}
}

static void small_range_has_a_linear_scale_of_colours(void **state)
{
	json_t *doc = matrix(), *cell, *charts;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		json_object_set_new(json_object_get(cell, "summary"), "p50",
				    json_real(100 + (double)i));
	charts = charts_of(doc);
	assert_true(doc__number(chart_of(charts, "heatmap"), "vars.cblog") == 0);
	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		json_object_set_new(json_object_get(cell, "summary"), "p50", json_real(100));
	json_decref(charts);
	/* All values equal: the scale still has two ends. */
	charts = charts_of(doc);
	assert_true(doc__number(chart_of(charts, "heatmap"), "vars.cbhigh") >
		    doc__number(chart_of(charts, "heatmap"), "vars.cblow"));
	json_decref(charts);
	json_decref(doc);
}

static void curve_over_a_parameter_is_named_by_what_else_differs(void **state)
{
	json_t *doc = matrix(), *charts = charts_of(doc);
	const json_t *sweep = chart_of(charts, "sweep");

	(void)state;
	assert_int_equal(strncmp(file_of(sweep, "d0.dat"), "pages=4 KiB\n65536\t2e-09\t", 24), 0);
	assert_int_equal(strncmp(file_of(sweep, "d1.dat"), "pages=thp\n65536\t1e-09\t", 22), 0);
	assert_int_equal(strncmp(file_of(sweep, "ticks.dat"), "65536\t64 KiB\t64 KiB\t", 19), 0);
	json_decref(charts);
	json_decref(doc);
}

static void what_is_too_much_for_one_chart_is_reported(void **state)
{
	json_t *doc = document__new("fnv1a64:1", "tsc"), *charts, *buckets = json_array(), *chart;
	size_t curves = 0, rows = 0, i;

	(void)state;
	json_array_append_new(buckets, json_pack("[i, i, i]", 100, 200, 1000));
	for (int i_th = 0; i_th < 60; i_th++) {
		json_t *cell = add_cell(doc, "chase", 10 + i_th,
					json_pack("{s:I, s:i}", "working_set",
						  (json_int_t)4096 << i_th % 4, "seed", i_th / 4),
					json_pack("{s:s}", "name", "default"));

		json_object_set_new(cell, "label", json_sprintf("cell %d", i_th));
		json_object_set_new(cell, "latency",
				    json_pack("{s:s, s:i, s:O}", "unit", "ns", "max", 200,
					      "buckets", buckets));
	}
	charts = charts_of(doc);
	assert_non_null(strstr(doc__text(chart_of(charts, "sweep"), "caption"),
			       "Of 15 curves the first 8 are drawn"));
	assert_non_null(strstr(doc__text(chart_of(charts, "latency"), "caption"),
			       "Of 60 cells the first 48 are drawn"));
	json_array_foreach(charts, i, chart) {
		curves += !strcmp(doc__text(chart, "kind"), "latency") ?
				  (size_t)doc__number(chart, "vars.series") :
				  0;
		rows += !strcmp(doc__text(chart, "kind"), "costs") ?
				(size_t)doc__number(chart, "vars.rows") :
				0;
	}
	assert_int_equal(curves, 48);
	/* No row is left out: there are as many charts as are needed. */
	assert_int_equal(rows, 60);
	json_decref(charts);
	json_decref(buckets);
	json_decref(doc);
}

/* A report ends in seconds, and can be read, however many workloads were swept. */
static void charts_of_one_kind_are_not_without_end(void **state)
{
	json_t *doc = document__new("fnv1a64:1", "tsc"), *charts, *last = NULL, *chart;
	size_t sweeps = 0, i;
	char name[32];

	(void)state;
	for (int i_th = 0; i_th < 600; i_th++) {
		snprintf(name, sizeof(name), "w%d", i_th / 3);
		add_cell(doc, name, 10 + i_th, json_pack("{s:i}", "size", 1 << i_th % 3),
			 json_pack("{s:s}", "name", "default"));
	}
	charts = charts_of(doc);
	json_array_foreach(charts, i, chart)
		if (!strcmp(doc__text(chart, "kind"), "sweep")) {
			sweeps++;
			last = chart;
		}
	assert_int_equal(sweeps, 100);
	assert_non_null(
		strstr(doc__text(last, "caption"), "Of 200 such charts the first 100 are drawn"));
	assert_null(strstr(doc__text(chart_of(charts, "sweep"), "caption"), "such charts"));
	json_decref(charts);
	json_decref(doc);
}

/* Parts that do not add up to the cost, or of which one is negative, are not drawn. */
static void parts_that_do_not_add_up_are_not_drawn(void **state)
{
	static const struct {
		double kernel, rest;
		bool drawn;
	} cases[] = {
		{ 2318, 431, true },
		{ 2318, 960, false },
		{ 101013, -98264, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *doc = document__new("fnv1a64:1", "tsc"), *charts, *cell;

		cell = add_cell(doc, "cpuid", 2749, json_object(),
				json_pack("{s:s}", "name", "default"));
		json_object_set_new(cell, "cost",
				    json_pack("{s:f, s:f, s:f, s:f}", "kernel", cases[i].kernel,
					      "user", 0.0, "off_cpu", 0.0, "switch",
					      cases[i].rest));
		charts = charts_of(doc);
		assert_int_equal(chart_of(charts, "breakdown") != NULL, cases[i].drawn);
		json_decref(charts);
		json_decref(doc);
	}
}

/*
 * With an instruction-counting clock no axis is one of time: a kernel's ns is converted to
 * instructions by the TSC's rate.
 */
static void a_counting_clock_has_no_axis_of_time(void **state)
{
	json_t *doc = document__new("fnv1a64:1", "icount"), *charts, *cell;
	const json_t *chart;
	size_t i;

	(void)state;
	cell = add_cell(doc, "cpuid", 2000, json_object(), json_pack("{s:s}", "name", "default"));
	json_object_set_new(cell, "unit", json_string("insn"));
	json_object_set_new(cell, "tsc_khz", json_integer(100000));
	json_object_set_new(cell, "cost",
			    json_pack("{s:f, s:f, s:f, s:f}", "kernel", 15000.0, "user", 0.0,
				      "off_cpu", 0.0, "switch", 5000.0));
	charts = charts_of(doc);
	chart = chart_of(charts, "breakdown");
	assert_non_null(chart);
	assert_string_equal(doc__text(chart, "vars.xlabel"), "cost of an operation [instructions]");
	/* To the end of the second part: 2000 instructions, not 20 us; and a little more. */
	assert_true(fabs(doc__number(chart, "vars.xhigh") / doc__number(chart, "vars.xdiv") -
			 2100) < 1);
	json_array_foreach(charts, i, cell) {
		assert_null(strstr(doc__text(cell, "vars.xlabel"), "[ns]"));
		assert_null(strstr(doc__text(cell, "vars.xlabel"), "µs"));
		assert_null(strstr(doc__text(cell, "vars.xlabel"), "time"));
	}
	json_decref(charts);
	json_decref(doc);
}

/*
 * gnuplot leaves out what lies beyond the end of an axis, even by rounding: here that would be the
 * longest value.
 */
static void percentiles_stay_within_their_axis(void **state)
{
	json_t *doc = document__new("fnv1a64:1", "tsc"), *charts, *cell;
	const json_t *chart;
	double x = 0, y = 0;

	(void)state;
	cell = add_cell(doc, "chase", 10, json_object(), json_pack("{s:s}", "name", "default"));
	json_object_set_new(cell, "latency",
			    json_pack("{s:s, s:i, s:[[i, i, i], [i, i, i]]}", "unit", "ns", "max",
				      9000, "buckets", 100, 200, 1599, 8000, 9000, 1));
	charts = charts_of(doc);
	chart = chart_of(charts, "latency");
	for (const char *at = strchr(file_of(chart, "d0.dat"), '\n') + 1; *at;
	     at = strchr(at, '\n') + 1) {
		assert_int_equal(sscanf(at, "%lf %lf", &x, &y), 2);
		if (x > doc__number(chart, "vars.xhigh"))
			fail_msg("%.12f is beyond %.12f", x, doc__number(chart, "vars.xhigh"));
	}
	assert_true(fabs(y - 9e-6) < 1e-12);
	json_decref(charts);
	json_decref(doc);
}

static void add_latency(json_t *doc, const char *workload, const char *config)
{
	json_t *cell =
		add_cell(doc, workload, 10, json_object(), json_pack("{s:s}", "name", config));

	json_object_set_new(cell, "latency",
			    json_pack("{s:s, s:i, s:[[i, i, i]]}", "unit", "ns", "max", 200,
				      "buckets", 100, 200, 1599));
}

static void colour_is_the_workload_and_dash_the_result(void **state)
{
	json_t *docs[2], *charts;
	struct compare_side sides[2] = { { .name = "a.json" }, { .name = "b.json" } };
	const json_t *chart;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		docs[i] = document__new("fnv1a64:1", "tsc");
		/* Each has one setting: the result's name says which. */
		add_latency(docs[i], "chase", i ? "irqchip=split" : "default");
		add_latency(docs[i], "touch", i ? "irqchip=split" : "default");
		sides[i].doc = docs[i];
	}
	charts = charts__build(sides, 2, NULL);
	chart = chart_of(charts, "latency");
	assert_string_equal(doc__text(chart, "vars.colors"), "1 1 2 2");
	assert_string_equal(doc__text(chart, "vars.dashes"), "1 2 1 2");
	assert_memory_equal(file_of(chart, "d1.dat"), "chase, b\n", 9);
	json_decref(charts);
	json_decref(docs[0]);
	json_decref(docs[1]);
}

/* A cell with one exit of a reason, of `total` that it took. */
static void add_exits(json_t *doc, const char *config, double total)
{
	json_t *cell = add_cell(doc, "ipi", 10, json_object(), json_pack("{s:s}", "name", config));

	json_object_set_new(cell, "exits",
			    json_pack("{s:{s:f, s:f}, s:[{s:s, s:f}]}", "per_op", "total", total,
				      "user", 0.0, "by_reason", "reason", "HLT", "per_op", 1.0));
}

static void bars_of_several_settings_have_their_names(void **state)
{
	json_t *doc = document__new("fnv1a64:1", "tsc"), *charts;
	const json_t *chart;

	(void)state;
	add_exits(doc, "default", 1);
	charts = charts_of(doc);
	chart = chart_of(charts, "exits");
	assert_memory_equal(file_of(chart, "d0.dat"), "HLT\n", 4);
	assert_true(doc__number(chart, "vars.names") == 0);
	json_decref(charts);
	add_exits(doc, "irqchip=split", 1);
	charts = charts_of(doc);
	chart = chart_of(charts, "exits");
	assert_true(doc__number(chart, "vars.names") == strlen("irqchip=split"));
	assert_non_null(strstr(file_of(chart, "names.dat"), "\tdefault\tdefault\n"));
	assert_non_null(strstr(file_of(chart, "names.dat"), "\tirqchip=split\tirqchip=split\n"));
	json_decref(charts);
	/* Where a probe saw one of two exits, its reasons are not what an operation takes. */
	add_exits(doc, "halt_poll_ns=0", 2);
	charts = charts_of(doc);
	chart = chart_of(charts, "exits");
	assert_memory_equal(file_of(chart, "d0.dat"), "handled in the kernel\n", 22);
	json_decref(charts);
	json_decref(doc);
}

static void an_interval_beyond_the_axis_has_an_arrow(void **state)
{
	json_t *doc = document__new("fnv1a64:1", "tsc"), *charts, *cell;
	const char *file;

	(void)state;
	add_cell(doc, "chase", 30000, json_object(), json_pack("{s:s}", "name", "default"));
	cell = add_cell(doc, "touch", 500, json_object(), json_pack("{s:s}", "name", "default"));
	json_object_set_new(json_object_get(cell, "summary"), "ci95",
			    json_pack("[f, f]", -18030.0, 824.0));
	charts = charts_of(doc);
	file = file_of(chart_of(charts, "costs"), "d0.dat");
	assert_non_null(strstr(file, "\t30.0 µs\t0\n"));
	assert_non_null(strstr(file, "\t500.0 ns\t1\n"));
	json_decref(charts);
	json_decref(doc);
}

/* Values too close together for all their names to stand side by side. */
static void names_below_an_axis_do_not_overlap(void **state)
{
	json_t *doc = document__new("fnv1a64:1", "tsc"), *charts;
	size_t shown_wide = 0, shown_narrow = 0;
	const char *at;

	(void)state;
	for (int i = 0; i < 32; i++)
		add_cell(doc, "chase", 10 + i,
			 json_pack("{s:I}", "working_set", (json_int_t)4096 << i),
			 json_pack("{s:s}", "name", "default"));
	charts = charts_of(doc);
	for (at = file_of(chart_of(charts, "sweep"), "ticks.dat"); *at; at = strchr(at, '\n') + 1) {
		const char *wide = strchr(at, '\t') + 1, *narrow = strchr(wide, '\t') + 1;

		shown_wide += *wide != '\t';
		shown_narrow += *narrow != '\t';
	}
	/* Names of 5 to 7 characters and a gap, in 95 and in 46 columns. */
	assert_in_range(shown_wide, 8, 17);
	assert_in_range(shown_narrow, 4, 8);
	/* The first and the last name are always there. */
	assert_non_null(
		strstr(file_of(chart_of(charts, "sweep"), "ticks.dat"), "4096\t4 KiB\t4 KiB"));
	assert_non_null(
		strstr(file_of(chart_of(charts, "sweep"), "ticks.dat"), "\t8 TiB\t8 TiB\t"));
	json_decref(charts);
	json_decref(doc);
}

static json_t *polling(double polled)
{
	static const char *const settings[] = { "200000", "0", "10000", "50000" };
	json_t *doc = document__new("fnv1a64:1", "tsc");

	for (int i = 0; i < 4; i++) {
		json_t *cell =
			add_cell(doc, "halt-wake", 50000 - 5000 * i,
				 json_pack("{s:i}", "delay", 100000),
				 json_pack("{s:s, s:s}", "name", "x", "halt_poll_ns", settings[i]));

		json_object_set_new(cell, "cpu_ns_per_op", json_real(20000 + i));
		json_object_set_new(cell, "latency", json_pack("{s:f}", "p99", 90000.0));
		json_object_set_new(cell, "halt_poll_ns_per_op",
				    json_pack("{s:f, s:i}", "success", polled, "fail", 0));
	}
	return doc;
}

static void tradeoff_joins_settings_in_their_order(void **state)
{
	json_t *doc = polling(9000), *charts = charts_of(doc);
	const json_t *chart = chart_of(charts, "tradeoff");

	(void)state;
	assert_non_null(chart);
	/* CPU time and median for 0, 10, 50, 200 µs. */
	assert_string_equal(file_of(chart, "d0.dat"),
			    "p50\n2.0001e-05\t4.5e-05\n2.0002e-05\t4e-05\n"
			    "2.0003e-05\t3.5e-05\n2e-05\t5e-05\n");
	assert_non_null(strstr(file_of(chart, "d1.dat"), "2e-05\t9e-05\n"));
	assert_null(strstr(doc__text(chart, "caption"), "hardly polled"));
	/* CPU times that hardly differ do not lie on top of each other at the end of the axis. */
	assert_true(doc__number(chart, "vars.xlow") > 1.9e-5);
	assert_true(doc__number(chart, "vars.xlow") < 2e-5);
	assert_non_null(strstr(doc__text(chart, "caption"), "does not begin at 0"));
	json_decref(charts);
	json_decref(doc);
	/* A curve without polling says so: there, latency and CPU time have other causes. */
	doc = polling(0);
	charts = charts_of(doc);
	assert_non_null(
		strstr(doc__text(chart_of(charts, "tradeoff"), "caption"), "hardly polled"));
	json_decref(charts);
	json_decref(doc);
}

/* All points lie within a pixel or two of each other; the labels still have to be spread. */
static void tradeoff_labels_each_point_without_overlap(void **state)
{
	static const struct {
		const char *file;
		double width, height, line, character;
	} canvases[] = {
		{ "wide.dat", 740, 230, 14, 6.6 },
		{ "narrow.dat", 312, 195, 12, 5.6 },
	};
	json_t *doc = polling(0), *charts = charts_of(doc);
	const json_t *chart = chart_of(charts, "tradeoff");
	double xlow = doc__number(chart, "vars.xlow"), xhigh = doc__number(chart, "vars.xhigh");
	double yhigh = doc__number(chart, "vars.yhigh");

	(void)state;
	for (size_t c = 0; c < 2; c++) {
		double x[16], y[16], half[16];
		size_t nr = 0;
		char words[32];

		for (const char *at = file_of(chart, canvases[c].file); *at;
		     at = strchr(at, '\n') + 1, nr++) {
			assert_true(nr < 16);
			assert_int_equal(sscanf(at, "%lf\t%lf\t%31[^\t]", &x[nr], &y[nr], words),
					 3);
			x[nr] = (x[nr] - xlow) * canvases[c].width / (xhigh - xlow);
			y[nr] *= canvases[c].height / yhigh;
			half[nr] = canvases[c].character *
				   (double)(strlen(words) - (strstr(words, "µ") != NULL)) / 2;
			for (size_t i = 0; i < nr; i++)
				assert_true(fabs(x[i] - x[nr]) + 0.01 > half[i] + half[nr] ||
					    fabs(y[i] - y[nr]) + 0.01 > canvases[c].line);
		}
		assert_int_equal(nr, 8);
	}
	json_decref(charts);
	json_decref(doc);
}

static const char *const attacks[] = {
	"\"; system('touch pwned') #",
	"`touch pwned`",
	"a\tb\nc",
	"</svg><script>alert(1)</script>",
	"$(x) ${x} \\n",
	"@x{^y}_z|&amp;",
	"\033[31m\xe2\x80\xae",
};

static void check_files(const json_t *chart)
{
	const char *name;
	json_t *text;

	json_object_foreach(json_object_get(chart, "files"), name, text)
		for (const char *at = json_string_value(text); *at; at++)
			if ((unsigned char)*at < 0x20 ? *at != '\n' && *at != '\t' :
							!!strchr("\"'`\\<>&{}|$", *at))
				fail_msg("'%c' (%d) in %s of %s: %.60s", *at, *at, name,
					 doc__text(chart, "kind"), at);
}

/* Every line except titles has as many fields as the first. */
static void check_lines(const char *text, size_t fields)
{
	for (size_t n = 0; *text; text = strchr(text, '\n') + 1) {
		n = 1;
		for (const char *at = text; *at != '\n'; at++)
			n += *at == '\t';
		assert_int_equal(n, fields);
	}
}

static void names_reach_gnuplot_as_data_only(void **state)
{
	(void)state;
	for (size_t a = 0; a < sizeof(attacks) / sizeof(attacks[0]); a++)
		for (int kind = 0; kind < 2; kind++) {
			json_t *doc = kind ? polling(0) : matrix(), *cell, *charts;
			const json_t *chart;
			size_t i, kinds = 0;

			json_array_foreach(json_object_get(doc, "cells"), i, cell) {
				json_t *name = json_sprintf("%s%s", attacks[a],
							    doc__text(cell, "config.pages"));

				json_object_set_new(cell, "workload", json_string(attacks[a]));
				json_object_set(cell, "label", name);
				json_object_set_new(cell, "group", json_string(attacks[a]));
				json_object_set(json_object_get(cell, "config"), "name", name);
				json_object_set(json_object_get(cell, "config"), "pages", name);
				json_object_set_new(json_object_get(cell, "params"), attacks[a],
						    json_integer((json_int_t)i % 3));
				json_object_del(json_object_get(cell, "params"), "working_set");
				json_decref(name);
			}
			charts = charts_of(doc);
			json_array_foreach(charts, i, chart) {
				check_files(chart);
				kinds |= !strcmp(doc__text(chart, "kind"), "heatmap") ? 1 : 0;
				kinds |= !strcmp(doc__text(chart, "kind"), "sweep") ? 2 : 0;
				if (!strcmp(doc__text(chart, "kind"), "heatmap"))
					check_lines(file_of(chart, "columns.dat"), 3);
				if (!strcmp(doc__text(chart, "kind"), "costs"))
					check_lines(file_of(chart, "ticks.dat"), 3);
			}
			assert_int_equal(kinds, kind ? kinds : 3);
			json_decref(charts);
			json_decref(doc);
		}
}

static void no_character_of_a_name_is_lost(void **state)
{
	static const struct {
		const char *name;
		size_t room;
		const char *shown;
	} table[] = {
		{ "it's a<b & c>d", 64, "it’s a‹b ＆ c›d" },
		{ "\"q\"`\\{x}|$1", 64, "”q”‘∖｛x｝¦＄1" },
		{ "", 4, "?" },
		{ "<<<<", 4, "‹‹‹‹" },
		{ "<<<<<", 4, "‹‹~‹" },
		{ "chase:working_set=64m, native", 22, "chase:working_~ native" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *text = chart__text(table[i].name, table[i].room);

		assert_string_equal(json_string_value(text), table[i].shown);
		json_decref(text);
	}
}

extern const struct chart_kind *const __start_chart_table[];
extern const struct chart_kind *const __stop_chart_table[];
extern const struct chart_script *const __start_script_table[];
extern const struct chart_script *const __stop_script_table[];

/*
 * Two kinds with the same place would become one; a chart without a script would silently not be
 * drawn.
 */
static void each_chart_has_its_place_and_its_script(void **state)
{
	size_t nr = (size_t)(__stop_chart_table - __start_chart_table), i;
	json_t *doc = matrix(), *drawn = charts_of(doc);
	const json_t *chart;

	(void)state;
	assert_true(nr >= 8);
	for (size_t a = 0; a < nr; a++) {
		const struct chart_kind *kind = __start_chart_table[a];

		assert_int_equal(!!kind->add + !!kind->add_compared + !!kind->add_whole, 1);
		for (size_t b = 0; b < a; b++)
			assert_int_not_equal(kind->order, __start_chart_table[b]->order);
	}
	assert_true(json_array_size(drawn) > 0);
	json_array_foreach(drawn, i, chart) {
		bool found = false;

		for (const struct chart_script *const *s = __start_script_table;
		     s < __stop_script_table; s++)
			found = found ||
				(!strcmp((*s)->name, doc__text(chart, "script")) && *(*s)->text);
		assert_true(found);
	}
	json_decref(drawn);
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heat_map_has_each_value_in_its_field),
		cmocka_unit_test(heat_map_tells_what_was_not_measured),
		cmocka_unit_test(no_heat_map_of_what_is_no_matrix),
		cmocka_unit_test(small_range_has_a_linear_scale_of_colours),
		cmocka_unit_test(curve_over_a_parameter_is_named_by_what_else_differs),
		cmocka_unit_test(what_is_too_much_for_one_chart_is_reported),
		cmocka_unit_test(charts_of_one_kind_are_not_without_end),
		cmocka_unit_test(parts_that_do_not_add_up_are_not_drawn),
		cmocka_unit_test(a_counting_clock_has_no_axis_of_time),
		cmocka_unit_test(percentiles_stay_within_their_axis),
		cmocka_unit_test(colour_is_the_workload_and_dash_the_result),
		cmocka_unit_test(bars_of_several_settings_have_their_names),
		cmocka_unit_test(an_interval_beyond_the_axis_has_an_arrow),
		cmocka_unit_test(names_below_an_axis_do_not_overlap),
		cmocka_unit_test(tradeoff_joins_settings_in_their_order),
		cmocka_unit_test(tradeoff_labels_each_point_without_overlap),
		cmocka_unit_test(names_reach_gnuplot_as_data_only),
		cmocka_unit_test(no_character_of_a_name_is_lost),
		cmocka_unit_test(each_chart_has_its_place_and_its_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
