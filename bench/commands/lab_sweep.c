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
#include <unistd.h>

#include "bench/commands/lab_common.h"
#include "bench/commands/lab_compared_hosts.h"
#include "bench/lab/fs.h"
#include "bench/lab/path_table.h"
#include "reports/views/table.h"

#define DEFAULT_KERNELS	"debian:5.10,debian:6.1,debian:6.12,debian:7.2"
#define STEP_PERCENT	1.0	/* smaller ones are in the table, but not pointed out */

enum { OPT_KERNELS = OPT_LAB_OWN, OPT_HOST, OPT_PLOT };

static const struct opt options[] = {
	{ OPT_KERNELS, "kernels", "A,B,…", "Kernels in order (default: " DEFAULT_KERNELS ")" },
	{ OPT_HOST, "host", "HOST", "A host with more than a kernel to it; may be repeated" },
	LAB_WHAT_OPTIONS,
	{ OPT_LAB_MITIGATIONS, "mitigations", "VALUE", "The kernels' mitigations= (default: off)" },
	{ OPT_LAB_CMDLINE, "cmdline", "TEXT", "Added to the kernels' command lines" },
	{ OPT_PLOT, "plot", "FILE", "Draw it with gnuplot, to FILE.svg or FILE.png" },
	OUTPUT_OPTION("Write it to FILE, as its ending says, else the figures and all results as JSON"),
	FORMAT_OPTION("On standard output: "),
	LAB_COMMON_OPTIONS,
	{ }
};

static const struct example examples[] = {
	{ "hvbench lab sweep svm --plot exits.svg", "KVM's exit paths over Debian's kernels" },
	{ "hvbench lab sweep vmx --kernels debian:6.1,debian:6.12 -w cpuid,pio-user",
	  "two kernels and two paths" },
	{ }
};

static const struct usage usage = {
	.command = "lab sweep",
	.what = "exit path lengths over kernel releases, with the steps called out",
	.synopsis = "LANE [JOB]",
	.text = LAB_SIDE_HELP,
	.options = options,
	.shows = SHOW_TABLE,
	.examples = examples,
};

static void put_table(const struct paths *paths, FILE *out, const struct renderer *format)
{
	struct table table;
	char text[32];

	table__init(&table, format);
	table__space(&table, 0, 2);
	table__column(&table, "exit path", "left", 0);
	for (unsigned int d = 0; d < paths->nr_docs; d++)
		table__column_of(&table, paths->names[d], "right");
	for (unsigned int i = 0; i < paths->nr_rows; i++) {
		table__row(&table);
		table__text(&table, paths->rows[i].label);
		for (unsigned int d = 0; d < paths->nr_docs; d++)
			table__figure(&table, "%s", paths__format(&paths->rows[i].figures[d], table__is_for_people(&table),
								  text, sizeof(text)));
	}
	table__put(&table, out, NULL);
	table__free(&table);
}

/* The difference to the last host before `d` on which the path was measured. */
static bool step_at(const struct path_row *row, unsigned int d, unsigned int *from, double *diff)
{
	if (!d || !row->figures[d].ok)
		return false;
	for (unsigned int b = d; b--;)
		if (row->figures[b].ok) {
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
			fprintf(out, "%s%s -> %s: %s %+.0f (%+.1f %%)\n", bullet, paths->names[from],
			       paths->names[d], row->label, diff, percent);
			nr++;
		}
	if (!nr)
		fprintf(out, "%snone\n", bullet);
	for (unsigned int i = 0; i < paths->nr_rows; i++)
		for (unsigned int d = 0; d < paths->nr_docs; d++) {
			const struct path_figure *f = &paths->rows[i].figures[d];

			if (!f->ok)
				fprintf(out, "%s not measured on %s: %s\n", paths->rows[i].label,
				       paths->names[d], *f->why ? f->why : "it is not in that result");
		}
	fprintf(out, "\nInstructions of the hypervisor's software for one operation, counted: not time.\n");
}

static json_t *to_json(const struct paths *paths, const char *lane)
{
	json_t *hosts = json_array(), *cells = json_array(), *steps = json_array(), *docs = json_array();
	unsigned int from;
	double diff;

	for (unsigned int d = 0; d < paths->nr_docs; d++) {
		json_array_append_new(hosts, json_string(paths->names[d]));
		json_array_append(docs, paths->docs[d]);
	}
	for (unsigned int i = 0; i < paths->nr_rows; i++) {
		const struct path_row *row = &paths->rows[i];
		json_t *p50 = json_array(), *min = json_array();

		for (unsigned int d = 0; d < paths->nr_docs; d++) {
			const struct path_figure *f = &row->figures[d];

			json_array_append_new(p50, f->ok ? json_real(f->p50) : json_null());
			json_array_append_new(min, f->ok ? json_real(f->min) : json_null());
			if (step_at(row, d, &from, &diff))
				json_array_append_new(steps, json_pack("{s:s, s:s, s:s, s:f}", "label", row->label,
					"from", paths->names[from], "to", paths->names[d], "difference", diff));
		}
		json_array_append_new(cells, json_pack("{s:s, s:s, s:o, s:o}", "label", row->label, "unit",
						       row->unit, "p50", p50, "min", min));
	}
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "schema", "hvbench.lab-sweep/1", "lane", lane,
			 "hosts", hosts, "cells", cells, "steps", steps, "results", docs);
}

/* Sorts rows by their last figures, so that the key has the order of the lines' right ends. */
static void sort_rows(const struct paths *paths, unsigned int *order)
{
	unsigned int last = paths->nr_docs - 1;

	for (unsigned int i = 0; i < paths->nr_rows; i++) {
		double value = paths->rows[i].figures[last].ok ? paths->rows[i].figures[last].p50 : 0;
		unsigned int k = i;

		for (; k && (paths->rows[order[k - 1]].figures[last].ok ?
			     paths->rows[order[k - 1]].figures[last].p50 : 0) < value; k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
}

/* The script contains the data, so that a plot needs no other file. */
static void write_script(FILE *f, const struct paths *paths, const char *lane, const char *image)
{
	/* Colours that can be told apart with any colour vision (Okabe and Ito). */
	static const char *const colors[] = { "0072b2", "d55e00", "009e73", "cc79a7", "e69f00", "56b4e9",
					      "000000", "f0e442" };
	unsigned int *order = calloc(paths->nr_rows + 1, sizeof(*order));
	size_t len = strlen(image);
	bool png = len > 4 && !strcmp(image + len - 4, ".png");

	fprintf(f, "set terminal %s size 1000,600 %s\nset output '%s'\n", png ? "pngcairo" : "svg",
		png ? "font 'sans,11'" : "dynamic background rgb 'white' font 'sans,13'", image);
	fprintf(f, "set title 'Length of exit paths, lane %s: instructions for one operation'\n"
		"set ylabel 'instructions'\nset yrange [0:*]\nset format y '%%.0f'\nset grid ytics\n"
		"set key outside right top\nset xtics nomirror\nset border 3\nset decimalsign '.'\n"
		"set xrange [-0.2:%u.2]\nset xtics (", lane, paths->nr_docs - 1);
	for (unsigned int d = 0; d < paths->nr_docs; d++)
		fprintf(f, "%s'%.40s' %u", d ? ", " : "", paths->names[d], d);
	fprintf(f, ")\n$data << EOD\n");
	for (unsigned int d = 0; d < paths->nr_docs; d++) {
		fprintf(f, "%u", d);
		for (unsigned int i = 0; i < paths->nr_rows; i++) {
			const struct path_figure *figure = &paths->rows[i].figures[d];

			if (figure->ok)
				fprintf(f, " %.2f", figure->p50);
			else
				fprintf(f, " NaN");
		}
		fputc('\n', f);
	}
	fprintf(f, "EOD\nplot ");
	if (order)
		sort_rows(paths, order);
	for (unsigned int i = 0; order && i < paths->nr_rows; i++)
		fprintf(f, "%s$data using 1:%u with linespoints lw 2 lc rgb '#%s' pt %u ps 0.7 title \"%s\" "
			"noenhanced", i ? ", \\\n     " : "", order[i] + 2,
			colors[i % (sizeof(colors) / sizeof(colors[0]))], i < 8 ? 7 : 5,
			paths->rows[order[i]].label);
	fputc('\n', f);
	free(order);
}

static int draw(struct lab_command *cmd, const struct paths *paths, const char *image)
{
	char script[LAB_PATH], log[LAB_PATH], *tail;
	const char *const argv[] = { "gnuplot", script, NULL };
	struct proc_options opts = { .out = log, .timeout_s = 60 };
	struct proc_result res;
	FILE *f;
	int code;

	if (strchr(image, '\''))
		return error__set(&cmd->err, -EINVAL, "no quotes in the name of a plot, please: %s", image);
	fs__path(script, "%s/plot.%d.gp", cmd->lab.cache.dir, (int)getpid());
	fs__path(log, "%s/plot.%d.log", cmd->lab.cache.dir, (int)getpid());
	f = fopen(script, "we");
	if (!f)
		return error__set(&cmd->err, -errno, "cannot write %s: %s", script, strerror(errno));
	write_script(f, paths, cmd->lane->name, image);
	fclose(f);
	code = proc__run(argv, &opts, &cmd->lab.signals, &res, &cmd->err);
	if (code == -ENOENT)
		error__set(&cmd->err, code, "drawing needs gnuplot: install it (gnuplot-nox)");
	if (!code && res.status) {
		tail = fs__tail(log, 3);
		code = error__set(&cmd->err, -EIO, "gnuplot could not draw %s: %s", image, tail ? tail : "");
		free(tail);
	}
	unlink(script);
	unlink(log);
	return code;
}

static int put(FILE *out, const struct renderer *format, void *arg)
{
	const struct paths *paths = arg;

	put_table(paths, out, format);
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
	char *kernels;
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
	char *save = NULL;

	free(sweep->kernels);
	sweep->kernels = strdup(list);
	for (char *p = strtok_r(sweep->kernels, ",", &save); p; p = strtok_r(NULL, ",", &save))
		if (add_host(sweep, p, opts))
			return -1;
	return 0;
}

static int run_sweep(struct lab_command *cmd, struct sweep *sweep, struct opts *opts, const char *plot)
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
	if (opts__no_more(&opts) || output__settle(&cmd.output, &opts) || (!sweep.nr && add_kernels(&sweep, DEFAULT_KERNELS, &opts)))
		goto out;
	opts.status = run_sweep(&cmd, &sweep, &opts, plot);
out:
	for (unsigned int i = 0; i < sweep.nr; i++)
		side__free(&sweep.sides[i]);
	free(sweep.kernels);
	return opts.status;
}

const struct command command_lab_sweep = {
	.name = "sweep", .usage = &usage, .run = cmd_sweep,
};
