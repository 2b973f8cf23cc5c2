// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hvbench report: results for people: an HTML page with plots and tables, or text, Markdown, CSV,
 * PNG.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/alloc.h"
#include "bench/cli/command.h"
#include "bench/cli/inputs.h"
#include "bench/cli/output.h"
#include "bench/history/address.h"
#include "bench/history/store.h"
#include "bench/history/trend.h"
#include "bench/profile/replay.h"
#include "bench/profile/replay_document.h"
#include "bench/result/doc.h"
#include "bench/result/file.h"
#include "reports/charts/charts.h"
#include "reports/charts/plot.h"
#include "reports/compare/compare.h"
#include "reports/formats/html.h"
#include "reports/views/compare_view.h"
#include "reports/views/side_label.h"
#include "reports/views/trend_view.h"

enum { OPT_PNG = OPT_LONG, OPT_NO_PLOTS, OPT_HISTORY, OPT_ACROSS };

/* Limits for a history. */
#define LAST_RESULTS 1000
#define LABEL_ROOM   60

static const struct opt options[] = {
	OUTPUT_OPTION("Where to write it, in the format of its ending (default: report.html; with "
		      "another --format standard "
		      "output)"),
	FORMAT_OPTION("html where -o says nothing else; "),
	{ OPT_PNG, "png", "DIR", "The plots as PNG files in DIR as well" },
	{ OPT_HISTORY, "history", "FILE",
	  "Trends of the first result's host, of this history ('hvbench history'), in the "
	  "page as well" },
	{ OPT_ACROSS, "across", "KEY[,KEY…]",
	  "Of two results: what they are to be compared for, so that cells may differ in it, as "
	  "with 'hvbench compare'" },
	{ OPT_NO_PLOTS, "no-plots", NULL, "No plots, even if there is a gnuplot" },
	{ 'q', "quiet", NULL, "Do not say what was written" },
	{}
};

static const struct example examples[] = {
	{ "hvbench report result.json", "report.html, to be opened in a browser" },
	{ "hvbench report base.json new.json -o change.html",
	  "two results side by side, with verdicts" },
	{ "hvbench report kernel.json split.json --across irqchip",
	  "two settings side by side, run one after the other" },
	{ "hvbench report result.json --png plots", "the plots for slides, too" },
	{ "hvbench report result.json -f md", "for an issue or a review" },
	{}
};

static const struct usage usage = {
	.command = "report",
	.what = "results to look at: one HTML page with plots and tables",
	.synopsis = "RESULT…",
	.text = "Makes one page that needs no other file: costs with their intervals by workload, "
		"configuration and result, where the time of an operation goes, exits by reason, "
		"latency "
		"percentiles, curves over parameters that take several values (a working set, "
		"say), heat "
		"maps where exactly two keys do, latency against CPU time over halt_poll_ns, the "
		"tables "
		"with all figures, warnings, what is known about the host, and the raw results as "
		"downloads. With two results it shows the verdicts of 'hvbench compare' first.\n\n"
		"A recording of 'hvbench profile --record' is a result as well. Plots are made by "
		"gnuplot; without it the page has everything else.\n\n"
		"Exit status: 0 done; 64 wrong usage; 65 not a result; 74 could not be written; 77 "
		"may "
		"not be read.",
	.options = options,
	.shows = SHOW_RESULT,
	.examples = examples,
};

struct report {
	struct output chosen;
	const char *output; /* of `chosen` */
	const struct renderer *format;
	const char *png;
	char *history; /* of the command line */
	bool no_plots, quiet;
	struct opts_words across;
	struct inputs inputs;
};

/* One page of all of it, with plots; other formats show one result after the other. */
static bool is_page(const struct report *r)
{
	return r->format == &renderer_html;
}

/* false: return opts->status. */
static bool parse_options(struct report *r, struct opts *opts)
{
	int id;

	while ((id = opts__next(opts)) > 0) {
		switch (id) {
		case 'o':
		case 'f':
			if (output__option(&r->chosen, opts, id))
				return false;
			break;
		case OPT_PNG:
			r->png = opts->arg;
			break;
		case OPT_HISTORY:
			r->history = opts->arg;
			break;
		case OPT_ACROSS:
			if (opts__words(opts, &r->across))
				return false;
			break;
		case OPT_NO_PLOTS:
			r->no_plots = true;
			break;
		case 'q':
			r->quiet = true;
			break;
		}
	}
	if (id < 0 || inputs__take(&r->inputs, opts))
		return false;
	if (!r->inputs.nr)
		return opts__misuse(opts,
				    "a result is missing: a file that 'hvbench run -o' wrote"),
		       false;
	if (r->across.list[0] && r->inputs.nr != 2)
		return opts__misuse(opts, "--across is for two results, of which one is compared "
					  "with the other"),
		       false;
	if (output__settle(&r->chosen, opts))
		return false;
	r->format = r->chosen.path   ? output__of_file(&r->chosen, &renderer_html) :
		    r->chosen.format ?:
				       &renderer_html;
	r->output = r->chosen.path ?: (is_page(r) ? "report.html" : "-");
	return true;
}

/* The parts that a report is made from. */
struct parts {
	json_t *comparison, *charts, *trends;
	struct plots *plots;
	const char *no_plots;
};

/*
 * A comparison, if there are two results. Unlike hosts are compared too, with a remark, since
 * nothing is decided here.
 */
static json_t *comparison_of(const struct report *r)
{
	struct compare_options compare = { .rules = { .floor = 0.02, .alpha = 0.01 },
					   .across = r->across.list,
					   .force = true };

	return r->inputs.nr == 2 ?
		       compare__documents(&r->inputs.sides[0], &r->inputs.sides[1], 1, &compare) :
		       NULL;
}

/* {"file", "results", "trends"} for the first result's host; NULL with err set. */
static json_t *read_trends(const struct report *r, struct error *err)
{
	const struct trend_options judging = { .alpha = 0.01, .floor = 0.02 };
	struct history_series *series = NULL;
	const struct history_which which = {
		.fingerprint = doc__text(r->inputs.sides[0].doc, "host.fingerprint"),
	};
	json_t *results = NULL, *trends = NULL, *doc = NULL;
	struct history *history;
	size_t nr = 0;
	int ret;

	ret = history__open(&history, r->history, HISTORY_READ, err);
	address__hide_password(r->history);
	if (ret)
		return NULL;
	results = history__measured(history, &which, LAST_RESULTS, err);
	if (results && !history__series(history, results, NULL, &series, &nr, err)) {
		trends = trend__find(results, series, nr, &judging);
		if (!trends)
			error__set(err, -ENOMEM, "out of memory");
	}
	if (trends)
		doc = json_pack("{s:s, s:O, s:O}", "file", history__name(history), "results",
				results, "trends", trends);
	history__free_series(series, nr);
	history__close(history);
	json_decref(results);
	json_decref(trends);
	return doc;
}

static int render_html(const struct report *r, FILE *out, const struct parts *parts)
{
	struct html_report html = {
		.results = r->inputs.sides,
		.nr = r->inputs.nr,
		.comparison = parts->comparison,
		.charts = parts->charts,
		.plots = parts->plots,
		.no_plots = parts->no_plots,
		.trends = parts->trends,
	};

	return html__render(&html, out);
}

/* It has headings, and shows a comparison beside the results. */
static bool is_for_people(const struct report *r)
{
	return r->format->table && r->format->style != &style_plain;
}

/* Which of several the following is; of CSV a column says so. */
static void put_heading(const struct report *r, FILE *out, size_t i, const char *name)
{
	if (i && is_for_people(r))
		fputc('\n', out);
	if (name && r->format == &renderer_text)
		fprintf(out, "%s:\n", name);
	else if (name && is_for_people(r))
		fprintf(out, "## `%s`\n\n", name);
}

/* Renders results one after the other; in CSV the second one's line of titles does no harm. */
static int render_plain(const struct report *r, FILE *out, const json_t *comparison)
{
	struct report_options look = { .width = 0 };
	int ret = 0;

	if (!strcmp(r->output, "-"))
		look = output__look();
	for (size_t i = 0; i < r->inputs.nr && !ret; i++) {
		json_t *label = r->inputs.nr > 1 ?
					side__label(r->inputs.sides, r->inputs.nr, i, LABEL_ROOM) :
					NULL;

		look.name = json_string_value(label);
		put_heading(r, out, i, look.name);
		ret = r->format->render(SHOW_RESULT, r->inputs.sides[i].doc, out, &look);
		json_decref(label);
	}
	if (!ret && comparison && is_for_people(r)) {
		fputc('\n', out);
		ret = r->format->render(SHOW_COMPARISON, comparison, out, &look);
	}
	return ret;
}

/* For instance "exit-latency-1.png". */
static int write_png(const struct report *r, struct plots *plots, const json_t *chart, size_t nr,
		     struct error *err)
{
	char path[4096], name[128];
	size_t len, to = 0;
	char *bytes;
	int ret;

	snprintf(name, sizeof(name), "%02zu-%s-%s.png", nr + 1, doc__text(chart, "group"),
		 doc__text(chart, "kind"));
	/* The name of a group may be any text. */
	for (const char *from = name; *from; from++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.",
			   *from))
			name[to++] = *from;
	name[to] = '\0';
	if (snprintf(path, sizeof(path), "%s/%s", r->png, name) >= (int)sizeof(path))
		return error__set(err, -ENAMETOOLONG, "--png %s: the path is too long", r->png);
	ret = plots__draw(plots, chart, PLOT_PNG, &bytes, &len, err);
	if (ret)
		return error__prefix(err, "%s", name);
	ret = result__save_text(bytes, len, path, err);
	free(bytes);
	if (!ret && !r->quiet)
		fprintf(stderr, "hvbench report: %s\n", path);
	return ret;
}

static int write_pngs(const struct report *r, struct plots *plots, const json_t *charts,
		      struct error *err)
{
	const json_t *chart;
	size_t i;
	int ret;

	if (mkdir(r->png, 0777) && errno != EEXIST)
		return error__set(err, -EIO, "--png %s: %s", r->png, strerror(errno));
	json_array_foreach(charts, i, chart) {
		ret = write_png(r, plots, chart, i, err);
		if (ret)
			return ret;
	}
	return 0;
}

static int write_report(const struct report *r, const struct parts *parts, struct error *err)
{
	char *text;
	size_t len;
	FILE *out = alloc__stream(&text, &len);
	int ret;

	ret = !is_page(r) ? render_plain(r, out, parts->comparison) : render_html(r, out, parts);
	alloc__close_stream(out);
	if (ret)
		error__set(err, ret, "making the report: %s", strerror(-ret));
	else
		ret = result__save_text(text, len, r->output, err);
	free(text);
	if (!ret && !r->quiet && strcmp(r->output, "-"))
		fprintf(stderr, "hvbench report: %s\n", r->output);
	return ret;
}

/* With many cells it takes long to find what can be drawn, so do it only if it will be drawn. */
static bool wants_plots(const struct report *r)
{
	return (is_page(r) || r->png) && !r->no_plots;
}

static int draw_and_write(const struct report *r, struct parts *parts, struct error *err)
{
	bool drawing = wants_plots(r);
	struct error no_gnuplot = { 0 };
	struct plots plots = { .nr = 0 };
	int ret;

	if (drawing && plots__open(&plots, &no_gnuplot)) {
		drawing = false;
		if (!r->quiet)
			fprintf(stderr, "hvbench report: no plots: %s\n", no_gnuplot.text);
	}
	parts->plots = drawing ? &plots : NULL;
	parts->no_plots = r->no_plots ? "left out by --no-plots" : no_gnuplot.text;
	ret = write_report(r, parts, err);
	if (!ret && r->png && drawing)
		ret = write_pngs(r, &plots, parts->charts, err);
	else if (!ret && r->png)
		ret = error__set(err, -EIO, "--png %s: no plots: %s", r->png, parts->no_plots);
	plots__close(&plots);
	return ret;
}

/* Makes the report; returns the exit status. */
static int make(const struct report *r, struct error *err)
{
	struct parts parts = { .comparison = comparison_of(r) };
	int status = EXIT_OK;

	if (r->inputs.nr == 2 && !parts.comparison) {
		error__set(err, -ENOMEM, "comparing the results: out of memory");
		return EXIT_INTERNAL;
	}
	if (wants_plots(r))
		parts.charts = charts__build(r->inputs.sides, r->inputs.nr, parts.comparison);
	if (r->history) {
		parts.trends = read_trends(r, err);
		status = parts.trends ? EXIT_OK : inputs__exit_status(err);
	}
	if (parts.trends && parts.charts) {
		json_t *charts = trend_view__charts(json_object_get(parts.trends, "trends"));

		json_array_extend(parts.charts, charts);
		json_decref(charts);
	}
	if (!status && draw_and_write(r, &parts, err))
		status = err->code == -ENOMEM ? EXIT_INTERNAL : EXIT_IO;
	json_decref(parts.charts);
	json_decref(parts.comparison);
	json_decref(parts.trends);
	return status;
}

/* Recordings of `hvbench profile` become results. */
static int load_recordings(struct inputs *inputs, struct error *err)
{
	for (size_t i = 0; i < inputs->nr; i++) {
		struct compare_side *side = &inputs->sides[i];

		if (!replay__is(side->name))
			continue;
		side->doc = replay_document(side->name, err);
		if (!side->doc)
			return err->code;
	}
	return 0;
}

static int cmd_report(int argc, char **argv)
{
	struct report r = { .output = NULL };
	struct error err = { 0 };
	struct opts opts;
	int status, code;

	opts__init(&opts, &usage, argc, argv);
	if (!parse_options(&r, &opts)) {
		status = opts.status;
	} else {
		code = load_recordings(&r.inputs, &err)	     ?:
			       inputs__load(&r.inputs, &err) ?:
			       inputs__check_across(&r.inputs, r.across.list, &err);
		status = code ? inputs__exit_status(&err) : make(&r, &err);
		if (status)
			fprintf(stderr, "hvbench report: %s\n", err.text);
	}
	inputs__destroy(&r.inputs);
	opts_words__destroy(&r.across);
	return status;
}
DEFINE_COMMAND(report, usage, cmd_report);
