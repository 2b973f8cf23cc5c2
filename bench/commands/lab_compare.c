// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hvbench lab compare: the same workloads on two hosts that differ in one thing, and the exact
 * difference of each exit path.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/verdicts.h"
#include "bench/commands/lab_common.h"
#include "bench/commands/lab_compared_hosts.h"
#include "bench/commands/lab_threshold.h"
#include "bench/lab/blame_print.h"
#include "bench/lab/path_table.h"
#include "bench/result/doc.h"
#include "bench/result/touched.h"
#include "reports/formats/report.h"
#include "reports/views/table.h"

enum { OPT_BASE = OPT_LAB_OWN, OPT_NEW, OPT_THRESHOLD, OPT_BLAME };

static const struct opt options[] = {
	{ OPT_BASE, "base", "HOST", "What to compare with" },
	{ OPT_NEW, "new", "HOST", "What to compare" },
	LAB_WHAT_OPTIONS,
	{ OPT_THRESHOLD, "threshold", "N[%]",
	  "How much longer a path may get, in instructions or percent (default: 0)" },
	LAB_FOOTPRINT_OPTION,
	LAB_MODEL_OPTION,
	{ OPT_BLAME, "blame", NULL,
	  "Also which functions each difference is of (lanes with a hypervisor)" },
	LAB_BISECT_OPTION,
	OUTPUT_OPTION("Write the comparison to FILE, as its ending says, else as JSON"),
	FORMAT_OPTION("On standard output: "),
	LAB_COMMON_OPTIONS,
	{}
};

static const struct example examples[] = {
	{ "hvbench lab compare svm --base debian:6.1 --new debian:6.12",
	  "two of Debian's kernels" },
	{ "hvbench lab compare vmx --base debian:6.12 --new arch/x86/boot/bzImage,modules=.",
	  "a kernel build of your own" },
	{ "hvbench lab compare svm --base mitigations=off --new mitigations=default",
	  "what the mitigations add to each path" },
	{ "hvbench lab compare svm --base base.json --new bzImage,modules=. --threshold 10",
	  "with a result of 'hvbench lab run' from before" },
	{ "hvbench lab compare svm --base debian:6.1 --new debian:6.12 --blame --format md",
	  "and which functions it is of, short enough for a mail" },
	{ "git bisect run sh -c 'make bzImage || exit 125; hvbench lab compare svm --bisect-status "
	  "--base "
	  "good.json "
	  "--new arch/x86/boot/bzImage,modules=.'",
	  "which commit made a path longer" },
	{}
};

static const struct usage usage = {
	.command = "lab compare",
	.what = "the exact difference of each exit path between two hosts",
	.synopsis = "LANE [JOB] --base HOST --new HOST",
	.text = LAB_SIDE_HELP
	"\n\n"
	"The exit status is 1 when a path got longer than the threshold "
	"allows, or can no longer be measured; 2 when figures differ that are "
	"medians, since too few samples took the same number of "
	"instructions, or when a cell fails on both; 3 when no path was measured "
	"on both; and 0 otherwise. "
	"With --blame the functions of each exit "
	"are compared too, as by 'lab trace' with "
	"--base and --new. " LAB_BISECT_HELP,
	.options = options,
	.shows = SHOW_TABLE,
	.examples = examples,
};

static enum verdict judge(const struct path_row *row, const struct threshold *t)
{
	const struct path_figure *base = &row->figures[0], *new = &row->figures[1];
	double diff = new->p50 - base->p50;

	if (!base->ok || !new->ok)
		return base->ok ? VERDICT_PATH_LOST :
		       new->ok	? VERDICT_PATH_GAINED :
				  VERDICT_PATH_UNMEASURED;
	/* The figures are quotients of whole numbers: smaller differences are rounding. */
	if (fabs(diff) < 0.005)
		return VERDICT_SAME;
	if (base->no_path || new->no_path)
		return VERDICT_INCONCLUSIVE;
	if (diff < 0)
		return VERDICT_SHORTER;
	return threshold__exceeds(diff, base->p50, t) ? VERDICT_LONGER : VERDICT_TOLERATED;
}

/* "IO_INSTRUCTION 1 -> 2", for each reason whose number changed; "" if none did. */
static void exit_changes(const struct path_row *row, char *text, size_t len)
{
	const json_t *base = row->figures[0].per_op, *new = row->figures[1].per_op;
	const char *reason;
	json_t *value;
	size_t n = 0;

	text[0] = '\0';
	if (!json_is_object(base) || !json_is_object(new))
		return;
	json_object_foreach((json_t *)new, reason, value) {
		double was = doc__number(base, reason), is = json_number_value(value);

		was = isnan(was) ? 0 : was;
		if (strcmp(reason, "total") && fabs(is - was) > 0.001 && n < len)
			n += snprintf(text + n, len - n, "%s%s %g -> %g", n ? ", " : "", reason,
				      was, is);
	}
	json_object_foreach((json_t *)base, reason, value)
		if (!json_object_get(new, reason) && json_number_value(value) > 0.001 && n < len)
			n += snprintf(text + n, len - n, "%s%s %g -> 0", n ? ", " : "", reason,
				      json_number_value(value));
}

static json_t *number_or_null(double value)
{
	return isnan(value) || isinf(value) ? json_null() : json_real(value);
}

static json_t *to_json(const struct paths *paths, const char *lane, const struct threshold *t,
		       const struct blame *blame)
{
	json_t *cells = json_array();
	char changes[256];

	for (unsigned int i = 0; i < paths->nr_rows; i++) {
		const struct path_row *row = &paths->rows[i];
		const struct path_figure *f = row->figures;
		json_t *cell = json_object();

		exit_changes(row, changes, sizeof(changes));
		json_object_set_new(cell, "label", json_string(row->label));
		json_object_set_new(cell, "unit", json_string(row->unit));
		json_object_set_new(cell, "base", f[0].ok ? number_or_null(f[0].p50) : json_null());
		json_object_set_new(cell, "new", f[1].ok ? number_or_null(f[1].p50) : json_null());
		json_object_set_new(cell, "difference",
				    f[0].ok && f[1].ok ? number_or_null(f[1].p50 - f[0].p50) :
							 json_null());
		json_object_set_new(cell, "verdict", json_string(verdict__name(judge(row, t))));
		json_object_set_new(cell, "exits", json_string(changes));
		json_object_set_new(cell, "touched", touched__to_json(f[0].touched, f[1].touched));
		if (blame)
			json_object_set_new(cell, "blame",
					    blame__to_json(blame, row->label) ?: json_null());
		json_array_append_new(cells, cell);
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:{s:O, s:O}}", "schema",
			 "hvbench.lab-compare/1", "lane", lane, "base", paths->names[0], "new",
			 paths->names[1], "cells", cells, "results", "base", paths->docs[0], "new",
			 paths->docs[1]);
}

/* Whether the difference is a whole number; differences of long paths are, except for rounding. */
static bool is_whole(double diff)
{
	return fabs(diff) >= 100 || fabs(diff - round(diff)) < 0.005;
}

static char *percent(double ratio, char *buf, size_t len)
{
	snprintf(buf, len, "%+.2f", 100 * ratio);
	return buf;
}

static void add_row(struct table *table, const struct path_row *row, const struct threshold *t)
{
	const struct path_figure *f = row->figures;
	bool both = f[0].ok && f[1].ok, people = table__is_for_people(table);
	double diff = f[1].p50 - f[0].p50;
	char text[32], changes[256];

	exit_changes(row, changes, sizeof(changes));
	table__row(table);
	paths__add_label(row, table);
	table__figure(table, "%s", paths__format(&f[0], people, text, sizeof(text)));
	table__figure(table, "%s", paths__format(&f[1], people, text, sizeof(text)));
	if (both)
		table__figure(table, "%+.*f", is_whole(diff) ? 0 : 2, diff);
	else
		table__figure(table, "%s", "");
	table__figure(table, "%s",
		      both && f[0].p50 != 0 ? percent(diff / f[0].p50, text, sizeof(text)) : "");
	table__figure(table, "%s%s", verdict__name(judge(row, t)), *changes ? "; exits: " : "");
	/* Names of exits come from a document. */
	table__more(table, changes);
}

static void put_table(const struct paths *paths, const struct threshold *t, FILE *out,
		      const struct renderer *format)
{
	struct table table;

	table__init(&table, format);
	table__space(&table, 0, 2);
	table__column(&table, "exit path", "left", 0);
	for (const char *const *title = (const char *const[]){ "base", "new", "difference",
							       "percent", "verdict", NULL };
	     *title; title++)
		table__column(&table, *title, "right", 0);
	for (unsigned int i = 0; i < paths->nr_rows; i++)
		add_row(&table, &paths->rows[i], t);
	table__put(&table, out, NULL);
	table__free(&table);
}

/* A line for each path that touches something else than before. */
static void put_touched(const struct paths *paths, FILE *out, const char *bullet)
{
	char text[512];

	for (unsigned int i = 0; i < paths->nr_rows; i++) {
		const struct path_figure *f = paths->rows[i].figures;

		if (touched__changes(f[0].touched, f[1].touched, text, sizeof(text)))
			fprintf(out, "%s%s touches: %s\n", bullet, paths->rows[i].label, text);
	}
}

static void put_summary(const struct paths *paths, const struct threshold *t, FILE *out)
{
	unsigned int count[NR_VERDICTS] = { 0 };

	for (unsigned int i = 0; i < paths->nr_rows; i++)
		count[judge(&paths->rows[i], t)]++;
	fprintf(out, "\nbase: %s\nnew:  %s\n%u longer, %u shorter, %u the same", paths->names[0],
		paths->names[1], count[VERDICT_LONGER] + count[VERDICT_TOLERATED],
		count[VERDICT_SHORTER], count[VERDICT_SAME]);
	if (count[VERDICT_TOLERATED])
		fprintf(out, " (%u of the longer ones within the threshold)",
			count[VERDICT_TOLERATED]);
	if (count[VERDICT_PATH_LOST] + count[VERDICT_PATH_GAINED] + count[VERDICT_PATH_UNMEASURED])
		fprintf(out, ", %u not measured on both",
			count[VERDICT_PATH_LOST] + count[VERDICT_PATH_GAINED] +
				count[VERDICT_PATH_UNMEASURED]);
	if (count[VERDICT_INCONCLUSIVE])
		fprintf(out, ", %u inconclusive: a median of samples that differ, no path",
			count[VERDICT_INCONCLUSIVE]);
	fprintf(out, ".\nInstructions of the hypervisor's software for one operation, counted: not "
		     "time.\n");
}

/* 1 before 3, where nothing was judged, and that before 2. */
static int status_of(const struct paths *paths, const struct threshold *t)
{
	int status = EXIT_OK;
	bool judged = false;

	for (unsigned int i = 0; i < paths->nr_rows; i++) {
		const struct verdict_row *verdict = &verdict_table[judge(&paths->rows[i], t)];

		judged = judged || verdict->judged;
		status = exit_status__worse(status, (int)verdict->status);
		/* A cell that fails must not pass because it failed before. */
		if (paths->rows[i].figures[1].failed)
			status = exit_status__worse(status, EXIT_INCONCLUSIVE);
	}
	return judged ? status : exit_status__worse(status, EXIT_NOT_COMPARABLE);
}

struct comparison {
	const struct paths *paths;
	const struct threshold *threshold;
	const struct blame *blame; /* also by function; NULL: it was not asked for */
};

/* A mail with functions needs no table of paths before them. */
static int put(FILE *out, const struct renderer *format, void *arg)
{
	const struct comparison *c = arg;
	const char *const names[2] = { c->paths->names[0], c->paths->names[1] };

	if (!(c->blame && lab_bullet(format) && format->style)) {
		put_table(c->paths, c->threshold, out, format);
		if (lab_bullet(format))
			paths__note_decoding(c->paths, format->style ? "\n" : "", out);
	}
	if (!format->style)
		put_summary(c->paths, c->threshold, out);
	if (!c->blame && lab_bullet(format) && touched__is_known(c->paths->docs[0]) &&
	    touched__is_known(c->paths->docs[1])) {
		fputc('\n', out);
		put_touched(c->paths, out, lab_bullet(format));
	}
	if (c->blame && lab_bullet(format))
		blame__print(c->blame, names, format, out);
	return ferror(out) ? -EIO : 0;
}

static int report(struct lab_command *cmd, const struct paths *paths, const struct threshold *t,
		  const struct blame *blame)
{
	struct comparison c = { paths, t, blame };
	json_t *doc = to_json(paths, cmd->lane->name, t, blame);
	int code;

	if (!doc)
		return error__set(&cmd->err, -ENOMEM, "out of memory");
	code = lab_command__report(cmd, doc, put, &c);
	json_decref(doc);
	if (!code)
		cmd->status = exit_status__worse(cmd->status, status_of(paths, t));
	return code;
}

/*
 * Two results are both measured already, so options that say how to measure would have no effect.
 */
static int check_documents(const struct lab_command *cmd, const struct lab_side *sides,
			   struct opts *opts)
{
	const char *given = cmd->list	      ? "-w" :
			    cmd->job	      ? "a job" :
			    cmd->nr_config    ? "--config" :
			    cmd->rounds_given ? "--rounds" :
						NULL;

	if (!given || !sides[0].document || !sides[1].document)
		return 0;
	return opts__misuse(opts,
			    "both hosts are results, of which all paths are compared: %s goes with "
			    "what is yet to be "
			    "measured",
			    given);
}

static void report_all(struct lab_command *cmd, const struct paths *paths,
		       const struct threshold *t, bool blamed)
{
	struct blame blame;
	int code;

	if (!blamed) {
		if (report(cmd, paths, t, NULL))
			lab_command__failed(cmd, NULL);
		return;
	}
	code = blame__init(&blame, paths->docs[0], paths->docs[1], &cmd->err);
	if (code || report(cmd, paths, t, &blame))
		lab_command__failed(cmd, NULL);
	blame__free(&blame);
}

static int compare(struct lab_command *cmd, int argc, char **argv)
{
	struct threshold threshold = { .insn = 0, .percent = NAN };
	struct lab_side sides[2] = { 0 };
	struct paths paths;
	bool blamed = false;
	struct opts opts;
	int id;

	opts__init(&opts, &usage, argc, argv);
	while ((id = opts__next(&opts)) > 0) {
		if (id == OPT_BASE || id == OPT_NEW)
			sides[id - OPT_BASE].text = opts.arg;
		else if (id == OPT_BLAME)
			cmd->req.footprint = blamed = true;
		else if (id == OPT_THRESHOLD ? threshold__parse(&opts, &threshold) :
					       lab_command__option(cmd, &opts, id))
			return opts.status;
	}
	if (id < 0 || lab_command__lane(cmd, &opts))
		return opts.status;
	cmd->job = opts__operand(&opts);
	if (opts__no_more(&opts) || output__settle(&cmd->output, &opts))
		return opts.status;
	for (unsigned int i = 0; i < 2; i++) {
		if (!sides[i].text)
			return opts__misuse(&opts, "both --base and --new are needed");
		if (side__parse(&sides[i], cmd->lane, &cmd->err))
			return opts__misuse(&opts, "%s", cmd->err.text);
	}
	if (check_documents(cmd, sides, &opts))
		return opts.status;
	if (lab_command__plan(cmd, "lab compare") || lab_command__open(cmd, "lab compare"))
		return cmd->status;
	paths__init(&paths);
	if (!sides__measure(cmd, sides, 2, &paths)) {
		report_all(cmd, &paths, &threshold, blamed);
		sides__reported(cmd, sides, 2, &paths);
	}
	paths__free(&paths);
	lab_command__close(cmd);
	side__free(&sides[0]);
	side__free(&sides[1]);
	return cmd->status;
}

static int cmd_compare(int argc, char **argv)
{
	struct lab_command cmd;

	lab_command__init(&cmd);
	return lab_command__status(&cmd, compare(&cmd, argc, argv));
}

const struct command command_lab_compare = {
	.name = "compare",
	.usage = &usage,
	.run = cmd_compare,
};
