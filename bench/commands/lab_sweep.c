// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hvbench lab sweep: the length of each exit path on many hosts, usually kernel releases, as a
 * table and a plot, with the steps pointed out.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/error.h"
#include "bench/base/verdicts.h"
#include "bench/commands/lab_common.h"
#include "bench/commands/lab_compared_hosts.h"
#include "bench/lab/fs.h"
#include "bench/lab/path_table.h"
#include "bench/result/doc.h"
#include "bench/result/file.h"
#include "bench/result/touched.h"
#include "reports/charts/chart.h"
#include "reports/charts/plot.h"
#include "reports/charts/script.h"
#include "reports/views/table.h"

#define DEFAULT_KERNELS "debian:5.10,debian:6.1,debian:6.12,debian:7.2"
#define STEP_PERCENT	1.0 /* smaller ones are in the table, but not pointed out */

enum { OPT_KERNELS = OPT_LAB_OWN, OPT_HOST, OPT_PLOT };

static const struct opt options[] = {
	{ OPT_KERNELS, "kernels", "A,B,…", "Kernels in order (default: " DEFAULT_KERNELS ")" },
	{ OPT_HOST, "host", "HOST", "A host with more than a kernel to it; may be repeated" },
	LAB_WHAT_OPTIONS,
	LAB_FOOTPRINT_OPTION,
	LAB_MODEL_OPTION,
	{ OPT_LAB_MITIGATIONS, "mitigations", "VALUE", "The kernels' mitigations= (default: off)" },
	{ OPT_LAB_CMDLINE, "cmdline", "TEXT", "Added to the kernels' command lines" },
	{ OPT_PLOT, "plot", "FILE", "Draw it with gnuplot, to FILE.svg or FILE.png" },
	OUTPUT_OPTION(
		"Write it to FILE, as its ending says, else the figures and all results as JSON"),
	FORMAT_OPTION("On standard output: "),
	LAB_COMMON_OPTIONS,
	{}
};

static const struct example examples[] = {
	{ "hvbench lab sweep svm --plot exits.svg", "KVM's exit paths over Debian's kernels" },
	{ "hvbench lab sweep vmx --kernels debian:6.1,debian:6.12 -w cpuid,pio-user",
	  "two kernels and two paths" },
	{}
};

static const struct usage usage = {
	.command = "lab sweep",
	.what = "exit path lengths over kernel releases, with the steps called out",
	.synopsis = "LANE [JOB]",
	.text = LAB_SIDE_HELP
	"\n\nWith -o FILE what is measured of the first host is in FILE.1.json.partial until "
	"FILE is written, and so on: should the sweep be killed, 'hvbench report' shows it, "
	"and --host FILE.1.json.partial takes it into the next sweep instead of a boot.\n\n"
	"The exit status is 1 when a cell failed on a host, 69 when nothing was measured on any, "
	"and 0 otherwise.",
	.options = options,
	.shows = SHOW_TABLE,
	.examples = examples,
};

/* A row for each path, a column for each host. */
static void begin_table(struct table *table, const struct paths *paths,
			const struct renderer *format)
{
	table__init(table, format);
	table__space(table, 0, 2);
	table__column(table, "exit path", "left", 0);
	for (unsigned int d = 0; d < paths->nr_docs; d++)
		table__column_of(table, paths->names[d], "right");
}

static void put_table(const struct paths *paths, FILE *out, const struct renderer *format)
{
	struct table table;
	char text[32];

	begin_table(&table, paths, format);
	for (unsigned int i = 0; i < paths->nr_rows; i++) {
		table__row(&table);
		paths__add_label(&paths->rows[i], &table);
		for (unsigned int d = 0; d < paths->nr_docs; d++)
			table__figure(&table, "%s",
				      paths__format(&paths->rows[i].figures[d],
						    table__is_for_people(&table), text,
						    sizeof(text)));
	}
	table__put(&table, out, NULL);
	table__free(&table);
}

static bool any_touched(const struct paths *paths)
{
	for (unsigned int d = 0; d < paths->nr_docs; d++)
		if (touched__is_known(paths->docs[d]))
			return true;
	return false;
}

/* Lines of code and of data that an exit touches: "251 + 143". */
static void put_touched(const struct paths *paths, FILE *out, const struct renderer *format)
{
	struct table table;

	fprintf(out, "\nLines of 64 bytes that an exit touches, code + data:\n%s",
		format->style ? "\n" : "");
	begin_table(&table, paths, format);
	for (unsigned int i = 0; i < paths->nr_rows; i++) {
		table__row(&table);
		paths__add_label(&paths->rows[i], &table);
		for (unsigned int d = 0; d < paths->nr_docs; d++) {
			const json_t *touched = paths->rows[i].figures[d].touched;
			double code = doc__number(touched, "code_lines");

			if (isnan(code))
				table__figure(&table, "-");
			else
				table__figure(&table, "%.0f + %.0f", code,
					      doc__number(touched, "data_lines"));
		}
	}
	table__put(&table, out, NULL);
	table__free(&table);
}

/* By host; null where it is not known. */
static json_t *counts_of(const struct paths *paths, const struct path_row *row, const char *name)
{
	json_t *list = json_array();

	for (unsigned int d = 0; d < paths->nr_docs; d++) {
		json_t *count = json_object_get(row->figures[d].touched, name);

		json_array_append_new(list,
				      json_is_integer(count) ? json_incref(count) : json_null());
	}
	return list;
}

/* The difference to the last host before `d` on which the path was measured. */
static bool step_at(const struct path_row *row, unsigned int d, unsigned int *from, double *diff)
{
	if (!d || !row->figures[d].ok || row->figures[d].no_path)
		return false;
	for (unsigned int b = d; b--;)
		if (row->figures[b].ok && !row->figures[b].no_path) {
			*from = b;
			*diff = row->figures[d].p50 - row->figures[b].p50;
			return fabs(*diff) > 0.005;
		}
	return false;
}

static void put_steps(const struct paths *paths, FILE *out, const char *bullet)
{
	unsigned int from, nr = 0;
	double diff;

	fprintf(out, "\nSteps of %.0f %% and more, in instructions:\n", STEP_PERCENT);
	for (unsigned int d = 1; d < paths->nr_docs; d++)
		for (unsigned int i = 0; i < paths->nr_rows; i++) {
			const struct path_row *row = &paths->rows[i];
			double percent;

			if (!step_at(row, d, &from, &diff))
				continue;
			percent = 100 * diff / row->figures[from].p50;
			if (fabs(percent) < STEP_PERCENT)
				continue;
			fprintf(out, "%s%s -> %s: %s %+.0f (%+.1f %%)\n", bullet,
				paths->names[from], paths->names[d], row->label, diff, percent);
			nr++;
		}
	if (!nr)
		fprintf(out, "%snone\n", bullet);
	for (unsigned int i = 0; i < paths->nr_rows; i++)
		for (unsigned int d = 0; d < paths->nr_docs; d++) {
			const struct path_figure *f = &paths->rows[i].figures[d];

			if (!f->ok)
				fprintf(out, "%s not measured on %s: %s\n", paths->rows[i].label,
					paths->names[d],
					*f->why ? f->why : "it is not in that result");
			else if (f->no_path)
				fprintf(out,
					"%s on %s is a median of samples that differ, and no "
					"path: no step is told of it\n",
					paths->rows[i].label, paths->names[d]);
		}
	fprintf(out, "\nInstructions of the hypervisor's software for one operation, counted: not "
		     "time.\n");
	paths__note_decoding(paths, *bullet == ' ' ? "" : "\n", out);
}

static json_t *to_json(const struct paths *paths, const char *lane)
{
	json_t *hosts = json_array(), *cells = json_array(), *steps = json_array(),
	       *docs = json_array();
	unsigned int from;
	double diff;

	for (unsigned int d = 0; d < paths->nr_docs; d++) {
		json_array_append_new(hosts, json_string(paths->names[d]));
		json_array_append(docs, paths->docs[d]);
	}
	for (unsigned int i = 0; i < paths->nr_rows; i++) {
		const struct path_row *row = &paths->rows[i];
		json_t *p50 = json_array(), *min = json_array(), *cell;

		for (unsigned int d = 0; d < paths->nr_docs; d++) {
			const struct path_figure *f = &row->figures[d];

			json_array_append_new(p50, f->ok ? json_real(f->p50) : json_null());
			json_array_append_new(min, f->ok ? json_real(f->min) : json_null());
			if (step_at(row, d, &from, &diff))
				json_array_append_new(steps, json_pack("{s:s, s:s, s:s, s:f}",
								       "label", row->label, "from",
								       paths->names[from], "to",
								       paths->names[d],
								       "difference", diff));
		}
		cell = json_pack("{s:s, s:s, s:o, s:o}", "label", row->label, "unit", row->unit,
				 "p50", p50, "min", min);
		for (size_t k = 0; any_touched(paths) && k < 2; k++)
			json_object_set_new(cell, k ? "data_lines" : "code_lines",
					    counts_of(paths, row, k ? "data_lines" : "code_lines"));
		json_array_append_new(cells, cell);
	}
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "schema", "hvbench.lab-sweep/1", "lane",
			 lane, "hosts", hosts, "cells", cells, "steps", steps, "results", docs);
}

/* Sorts rows by their last figures, so that the key has the order of the lines' right ends. */
static void sort_rows(const struct paths *paths, unsigned int *order)
{
	unsigned int last = paths->nr_docs - 1;

	for (unsigned int i = 0; i < paths->nr_rows; i++) {
		double value = paths->rows[i].figures[last].ok ? paths->rows[i].figures[last].p50 :
								 0;
		unsigned int k = i;

		for (; k && (paths->rows[order[k - 1]].figures[last].ok ?
				     paths->rows[order[k - 1]].figures[last].p50 :
				     0) < value;
		     k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
}

/* One path over all hosts: its name, and a line for each. */
static void add_series(json_t *files, const struct path_row *row, unsigned int nr_hosts,
		       unsigned int nr)
{
	char label[sizeof(row->label) + 16];
	json_t *name;
	struct data_file f;
	char file[32];

	snprintf(label, sizeof(label), "%s%s", row->label, row->decoded ? " (decodes)" : "");
	name = chart__text(label, MAX_LABEL);
	data_file__open(&f);
	fprintf(f.stream, "%s\n", json_string_value(name));
	for (unsigned int d = 0; d < nr_hosts; d++)
		if (row->figures[d].ok)
			fprintf(f.stream, "%u\t%.2f\n", d, row->figures[d].p50);
		else
			fprintf(f.stream, "%u\tNaN\n", d);
	snprintf(file, sizeof(file), "d%u.dat", nr);
	data_file__close(&f, files, file);
	json_decref(name);
}

static void add_ticks(json_t *files, const struct paths *paths)
{
	struct data_file f;

	data_file__open(&f);
	for (unsigned int d = 0; d < paths->nr_docs; d++) {
		json_t *whole = chart__text(paths->names[d], MAX_LABEL),
		       *cut = chart__text(paths->names[d], SHORT_LABEL);

		fprintf(f.stream, "%u\t%s\t%s\t0\n", d, json_string_value(whole),
			json_string_value(cut));
		json_decref(whole);
		json_decref(cut);
	}
	data_file__close(&f, files, "ticks.dat");
}

static json_t *chart_of(const struct paths *paths)
{
	json_t *chart = chart__new("lab", "hosts", "hosts", json_string("Length of exit paths"),
				   json_string(""));
	json_t *files = json_object_get(chart, "files");
	unsigned int *order = alloc__need_zeroed(paths->nr_rows + 1, sizeof(*order));

	sort_rows(paths, order);
	for (unsigned int i = 0; i < paths->nr_rows; i++)
		add_series(files, &paths->rows[order[i]], paths->nr_docs, i);
	add_ticks(files, paths);
	free(order);
	chart__set_number(chart, "series", paths->nr_rows);
	chart__set_number(chart, "hosts", paths->nr_docs);
	chart__set_text(chart, "ylabel", "instructions for one operation");
	return chart;
}

static int draw(struct lab_command *cmd, const struct paths *paths, const char *image)
{
	size_t len = strlen(image), bytes_len;
	bool png = len > 4 && !strcasecmp(image + len - 4, ".png");
	struct plots plots;
	json_t *chart;
	char *bytes;
	int code = plots__open(&plots, &cmd->err);

	if (code)
		return error__prefix(&cmd->err, "--plot %s", image);
	chart = chart_of(paths);
	code = plots__draw(&plots, chart, png ? PLOT_PNG : PLOT_FILE, &bytes, &bytes_len,
			   &cmd->err);
	if (!code)
		code = result__save_text(bytes, bytes_len, image, &cmd->err);
	free(bytes);
	json_decref(chart);
	plots__close(&plots);
	return code;
}
DEFINE_SCRIPT(hosts);

static int put(FILE *out, const struct renderer *format, void *arg)
{
	const struct paths *paths = arg;

	put_table(paths, out, format);
	if (lab_bullet(format) && any_touched(paths))
		put_touched(paths, out, format);
	if (lab_bullet(format))
		put_steps(paths, out, lab_bullet(format));
	return ferror(out) ? -EIO : 0;
}

static int report(struct lab_command *cmd, struct paths *paths, const char *plot)
{
	json_t *doc = to_json(paths, cmd->lane->name);
	int code = doc ? 0 : error__set(&cmd->err, -ENOMEM, "out of memory");

	if (!code)
		code = lab_command__report(cmd, doc, put, paths);
	if (!code && plot)
		code = draw(cmd, paths, plot);
	json_decref(doc);
	return code;
}

struct sweep {
	struct lab_side sides[PATHS_MAX];
	unsigned int nr;
	char *lists[PATHS_MAX]; /* of --kernels: memory that sides point into */
	unsigned int nr_lists;
};

static int add_host(struct sweep *sweep, const char *text, struct opts *opts)
{
	if (sweep->nr == PATHS_MAX)
		return opts__misuse(opts, "more than %d hosts", PATHS_MAX);
	sweep->sides[sweep->nr++].text = text;
	return 0;
}

static int add_kernels(struct sweep *sweep, const char *list, struct opts *opts)
{
	unsigned int before = sweep->nr;
	char *copy, *save = NULL;

	if (sweep->nr_lists == PATHS_MAX)
		return opts__misuse(opts, "more than %d hosts", PATHS_MAX);
	copy = sweep->lists[sweep->nr_lists++] = alloc__text(list);
	for (char *p = strtok_r(copy, ",", &save); p; p = strtok_r(NULL, ",", &save))
		if (add_host(sweep, p, opts))
			return -1;
	if (sweep->nr == before)
		return opts__misuse(opts, "--kernels: '%s' names no kernel", list);
	return 0;
}

/* As of 'lab run': 1, a cell failed somewhere; 69, nothing was measured anywhere. */
static int status_of(const struct lab_command *cmd, const struct paths *paths)
{
	bool measured = false, failed = false;

	for (unsigned int i = 0; i < paths->nr_rows; i++)
		for (unsigned int d = 0; d < paths->nr_docs; d++) {
			measured = measured || paths->rows[i].figures[d].ok;
			failed = failed || paths->rows[i].figures[d].failed;
		}
	if (failed)
		return EXIT_REGRESSION;
	if (measured)
		return EXIT_OK;
	fprintf(stderr, "hvbench %s: nothing was measured on any host\n", cmd->name);
	return EXIT_NOTHING_TO_RUN_ON;
}

static int run_sweep(struct lab_command *cmd, struct sweep *sweep, struct opts *opts,
		     const char *plot)
{
	struct paths paths;
	int code;

	for (unsigned int i = 0; i < sweep->nr; i++)
		if (side__parse(&sweep->sides[i], cmd->lane, &cmd->err))
			return opts__misuse(opts, "%s", cmd->err.text);
	if (lab_command__plan(cmd, "lab sweep") || lab_command__open(cmd, "lab sweep"))
		return cmd->status;
	paths__init(&paths);
	code = sides__measure(cmd, sweep->sides, sweep->nr, &paths);
	if (!code && report(cmd, &paths, plot))
		lab_command__failed(cmd, NULL);
	else if (!code)
		cmd->status = exit_status__worse(cmd->status, status_of(cmd, &paths));
	if (!code)
		sides__reported(cmd, sweep->sides, sweep->nr, &paths);
	paths__free(&paths);
	lab_command__close(cmd);
	return cmd->status;
}

static int cmd_sweep(int argc, char **argv)
{
	const char *plot = NULL;
	struct sweep sweep = { .nr = 0 };
	struct lab_command cmd;
	struct opts opts;
	int id = 0, code = 0;

	opts__init(&opts, &usage, argc, argv);
	lab_command__init(&cmd);
	while (!code && (id = opts__next(&opts)) > 0) {
		if (id == OPT_KERNELS)
			code = add_kernels(&sweep, opts.arg, &opts);
		else if (id == OPT_HOST)
			code = add_host(&sweep, opts.arg, &opts);
		else if (id == OPT_PLOT)
			plot = opts.arg;
		else
			code = lab_command__option(&cmd, &opts, id);
	}
	if (code || id < 0 || lab_command__lane(&cmd, &opts))
		goto out;
	cmd.job = opts__operand(&opts);
	if (opts__no_more(&opts) || output__settle(&cmd.output, &opts) ||
	    (!sweep.nr && add_kernels(&sweep, DEFAULT_KERNELS, &opts)))
		goto out;
	opts.status = run_sweep(&cmd, &sweep, &opts, plot);
out:
	for (unsigned int i = 0; i < sweep.nr; i++)
		side__free(&sweep.sides[i]);
	for (unsigned int i = 0; i < sweep.nr_lists; i++)
		free(sweep.lists[i]);
	return opts.status;
}

const struct command command_lab_sweep = {
	.name = "sweep",
	.usage = &usage,
	.run = cmd_sweep,
};
