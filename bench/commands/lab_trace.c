// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hvbench lab trace: one exit, function by function.
 *
 * The emulator's plugin or its debugger records the exits while the workload is measured
 * (footprint.h), so the tree and the figure are of the same boot. Where QEMU takes no plugins, and
 * where an operation is several exits, the typical exit is found in QEMU's log of what it executes
 * (lab_trace_log.h).
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/commands/lab_common.h"
#include "bench/commands/lab_compared_hosts.h"
#include "bench/commands/lab_trace_diff.h"
#include "bench/commands/lab_trace_log.h"
#include "bench/result/doc.h"
#include "bench/result/file.h"
#include "bench/result/touched.h"
#include "reports/views/table.h"

enum { OPT_BASE = OPT_LAB_OWN, OPT_NEW, OPT_MIN_PERCENT, OPT_RESULT };

#define LINE_ROWS 12
#define MAIL_ROWS 24 /* functions, in Markdown for a mail */

static const struct opt options[] = {
	{ 'w', "workloads", "WORKLOAD", "The operation: NAME[:PARAM=VALUE…]" },
	{ OPT_BASE, "base", "HOST",
	  "With --new: which functions changed, exit by exit, between two hosts" },
	{ OPT_NEW, "new", "HOST", "What to compare with --base" },
	LAB_KERNEL_OPTIONS,
	{ OPT_LAB_XEN, "xen", "FILE", "Xen image instead of Debian's" },
	{ OPT_LAB_CONFIG, "config", "KEY=VALUE", "Configuration of the VM; may be repeated" },
	{ OPT_MIN_PERCENT, "min", "PERCENT",
	  "Leave smaller functions out of the text (default: 1)" },
	{ OPT_RESULT, "result", "FILE",
	  "Boot nothing: the exit is in a result of 'hvbench lab run --footprint'" },
	OUTPUT_OPTION(
		"Write it to FILE, as its ending says (.svg, .folded, .pb.gz …), else as JSON"),
	FORMAT_OPTION("On standard output: "),
	LAB_MODEL_OPTION,
	LAB_VMLINUX_OPTION,
	LAB_COMMON_OPTIONS,
	{}
};

static const struct example examples[] = {
	{ "hvbench lab trace svm -w cpuid", "where the instructions of a CPUID exit of KVM's go" },
	{ "hvbench lab trace svm -w pio-user --base debian:6.1 --new debian:6.12",
	  "which functions made it longer" },
	{ "hvbench lab trace xen -w cpuid -o xen.svg", "Xen's, as a flame graph" },
	{ "hvbench lab trace svm --base base.json --new new.json -o difference.svg",
	  "of two results of 'lab run --footprint', what changed, as one" },
	{ "hvbench lab trace svm -w cpuid -o cpuid.pb.gz && go tool pprof -http : cpuid.pb.gz",
	  "in pprof" },
	{}
};

static const struct usage usage = {
	.command = "lab trace",
	.what = "one exit, instruction by instruction, as a tree of functions",
	.synopsis = "LANE -w WORKLOAD [--base HOST --new HOST]",
	.text = "Measures the workload in an emulated host as 'lab run' does, while a plugin of "
		"the emulator records every instruction from the one of the guest that exits to "
		"the guest's next one, and shows which function of the kernel or of Xen ran how "
		"many: in all (with what it calls) and itself. They add up to the figure. Calls "
		"are inferred from addresses; a tail call shows as a call. Works in the lanes "
		"with a hypervisor: svm, xen, xen-domu, xen-dm (Xen and dom0's kernel in one tree) "
		"and, by Bochs' debugger, vmx and svm-bochs. A "
		"QEMU without plugins logs one exit instead, in a boot of its own, and it is "
		"said so.\n\n"
		"With --base and --new both hosts are measured as by 'lab run --footprint', and of "
		"each exit the functions "
		"are listed that have other numbers of instructions, largest difference first: "
		"names without what a "
		"compiler appends, new and gone ones. The differences add up to that of the exit. "
		"What every exit has of a "
		"difference is told apart where several are compared; without -w that is the exit "
		"group. " LAB_SIDE_HELP "\n\n"
		"A flame graph (svg) has a box for each way a function was called, as wide as it "
		"has instructions with what it calls; of two hosts its colour is the difference. "
		"It is one file without scripts.",
	.options = options,
	.shows = SHOW_TABLE | SHOW_STACKS | SHOW_STACKS_OF_TWO,
	.examples = examples,
};

/* Emulators execute a rep instruction as many instructions, and their clock counts them all. */
static void print_reps(const struct trace *trace, FILE *out)
{
	if (!trace->repetitions)
		return;
	fprintf(out, "%llu with each rep instruction as one:",
		(unsigned long long)(trace->instructions - trace->repetitions));
	for (unsigned int i = 0; i < trace->nr_reps; i++) {
		const struct trace_rep *rep = &trace->reps[i];

		fprintf(out, "%s %llu repetitions in %s", i ? "," : "",
			(unsigned long long)rep->repetitions, rep->function);
		if (rep->width)
			fprintf(out, " (%llu bytes)",
				(unsigned long long)(rep->repetitions * rep->width));
	}
	fputc('\n', out);
}

/* An exit that was traced, and by what it is known. */
struct traced {
	const struct trace *trace;
	const json_t *cell; /* of the same boot; NULL: there is none, it is from QEMU's log */
	const char *kernel;
};

/* What is put on the screen or into a file. */
struct shown {
	const struct traced *traced;
	const char *what, *lane;
	double min; /* percent */
};

static void put_head(const struct shown *s, FILE *out)
{
	const struct trace *trace = s->traced->trace;
	char touched[256];

	fprintf(out,
		"%s in %s, %s: %llu instructions from the guest's instruction to its next one\n",
		s->what, s->lane, s->traced->kernel, (unsigned long long)trace->instructions);
	if (trace->user_instructions)
		fprintf(out, "%llu of them in user space\n",
			(unsigned long long)trace->user_instructions);
	fprintf(out,
		"%u of %u exits seen were the same to the instruction; with %llu of the guest's "
		"own loop, less %u of an empty one, that is what 'lab run' counts: %llu\n",
		trace->alike, trace->exits, (unsigned long long)trace->guest_instructions,
		trace->loop, (unsigned long long)trace__path(trace));
	if (s->traced->cell && touched__sentence(json_object_get(s->traced->cell, "footprint"),
						 touched, sizeof(touched)))
		fprintf(out, "%s %s\n", s->what, touched);
	if (s->traced->cell && touched__modelled(json_object_get(s->traced->cell, "footprint"),
						 touched, sizeof(touched)))
		fprintf(out, "%s: %s\n", s->what, touched);
	print_reps(trace, out);
	fputc('\n', out);
}

/* Each function, summed over all its calls; `rows`: so many, and the rest as one. */
static void put_functions(const struct trace *trace, size_t rows, FILE *out,
			  const struct renderer *format)
{
	json_t *list = trace__functions(trace), *f;
	json_int_t rest = 0;
	struct table table;
	size_t i;

	table__init(&table, format);
	table__column(&table, "instructions", "right", 0);
	table__column(&table, "calls", "right", 0);
	table__column(&table, "function", "left", 0);
	json_array_foreach(list, i, f) {
		json_int_t insn = json_integer_value(json_object_get(f, "insn"));

		if (i >= rows) {
			rest += insn;
			continue;
		}
		table__row(&table);
		table__figure(&table, "%lld", (long long)insn);
		table__figure(&table, "%lld",
			      (long long)json_integer_value(json_object_get(f, "calls")));
		table__text(&table, doc__text(f, "name"));
	}
	if (rest) {
		table__row(&table);
		table__figure(&table, "%lld", (long long)rest);
		table__figure(&table, "%s", "");
		table__figure(&table, "%zu more", json_array_size(list) - rows);
	}
	table__put(&table, out, NULL);
	table__free(&table);
	json_decref(list);
}

/* Source lines with most instructions, where debug information was given. */
static void put_lines(const struct shown *s, FILE *out, const struct renderer *format)
{
	const json_t *lines = doc__at(s->traced->cell, "footprint.lines"), *line;
	struct table table;
	char where[512];
	size_t i;

	if (!json_array_size(lines))
		return;
	fprintf(out, "\nSource lines with most instructions, of %zu:\n%s", json_array_size(lines),
		format->style ? "\n" : "");
	table__init(&table, format);
	table__column(&table, "instructions", "right", 0);
	table__column(&table, "line", "left", 0);
	table__column(&table, "in", "left", 0);
	json_array_foreach((json_t *)lines, i, line) {
		if (i == LINE_ROWS)
			break;
		snprintf(where, sizeof(where), "%s:%.0f", doc__text(line, "file"),
			 doc__number(line, "line"));
		table__row(&table);
		table__figure(&table, "%.0f", doc__number(line, "insn"));
		table__text(&table, where);
		table__text(&table, doc__text(line, "function"));
	}
	table__put(&table, out, NULL);
	table__free(&table);
}

static int put(FILE *out, const struct renderer *format, void *arg)
{
	const struct shown *s = arg;

	if (!lab_bullet(format)) {
		put_functions(s->traced->trace, SIZE_MAX, out, format);
		return ferror(out) ? -EIO : 0;
	}
	put_head(s, out);
	if (format->style)
		put_functions(s->traced->trace, MAIL_ROWS, out, format);
	else
		trace__print_tree(s->traced->trace, s->min, out);
	put_lines(s, out, format);
	fprintf(out, "\nInstructions of the hypervisor's software, counted: not time.\n");
	return ferror(out) ? -EIO : 0;
}

/* The cell's, without what the tree has. */
static json_t *counts_of(const json_t *cell)
{
	static const char *const not_counts[] = { "functions", "tree", "rep", NULL };
	json_t *counts = json_copy(json_object_get(cell, "footprint"));

	for (const char *const *name = not_counts; counts && *name; name++)
		json_object_del(counts, *name);
	return counts ?: json_null();
}

static json_t *to_json(const struct lab_command *cmd, const struct traced *t)
{
	json_t *doc = trace__to_json(t->trace);
	double figure = t->cell ? doc__number(t->cell, "summary.p50") : NAN;

	json_object_set_new(doc, "lane", json_string(cmd->lane->name));
	json_object_set_new(doc, "kernel", json_string(t->kernel));
	json_object_set_new(doc, "workload", json_string(cmd->list));
	json_object_set_new(doc, "footprint", counts_of(t->cell));
	json_object_set_new(doc, "figure", isnan(figure) ? json_null() : json_real(figure));
	return doc;
}

static int report(struct lab_command *cmd, const struct traced *t, double min)
{
	struct shown shown = { t, cmd->list, cmd->lane->name, min };
	json_t *doc = to_json(cmd, t);
	int code = doc ? lab_command__report(cmd, doc, put, &shown) :
			 error__set(&cmd->err, -ENOMEM, "out of memory");

	json_decref(doc);
	return code;
}

/* Without the plugin: a boot more, and one exit of those that were seen. */
static int from_log(struct lab_command *cmd, const char *why, double min)
{
	struct trace_run run;
	int code;

	fprintf(stderr,
		"hvbench lab trace: %s. One exit is traced by the emulator's log instead.\n", why);
	code = trace_run__do(&run, cmd, cmd->list);
	if (!code)
		code = report(cmd, &(struct traced){ &run.trace, NULL, run.out.kernel }, min);
	if (code)
		lab_command__failed(cmd, &run.out);
	trace_run__free(&run);
	return code;
}

/* The exit from a document; -EAGAIN with the reason: the log may know one. */
static int from_cell(struct lab_command *cmd, const json_t *cell, const char *kernel, double min)
{
	const char *why = doc__text(cell, "footprint.why"), *reason = doc__text(cell, "reason");
	struct trace trace;
	int code;

	if (strcmp(doc__text(cell, "status"), "ok"))
		return error__set(&cmd->err, -ENOENT, "%s was not measured: %s", cmd->list,
				  *reason ? reason : "no reason is given");
	if (*why)
		return error__set(&cmd->err, -EAGAIN, "%s", why);
	code = trace__of_footprint(&trace, json_object_get(cell, "footprint"), &cmd->err);
	if (code == -ENODATA)
		error__set(&cmd->err, -ENOENT,
			   json_is_object(json_object_get(cell, "footprint")) ?
				   "the host's kernel tells no symbols (/proc/kallsyms, "
				   "CONFIG_KALLSYMS)" :
				   "it was measured without --footprint");
	if (!code)
		code = report(cmd, &(struct traced){ &trace, cell, kernel }, min);
	trace__free(&trace);
	return code;
}

static void run_trace(struct lab_command *cmd, double min)
{
	struct lab_outcome out;
	json_t *doc = NULL;
	struct error why;
	int code;

	cmd->req.footprint = true;
	code = lab_command__measure(cmd, &cmd->req, &out);
	if (!code) {
		/* Its texts are shown. */
		doc = json__clean_copy(out.doc);
		code = from_cell(cmd, json_array_get(json_object_get(doc, "cells"), 0), out.kernel,
				 min);
	}
	/* Only QEMU has a log to look into. */
	if (code == -EAGAIN && cmd->lane->footprints)
		code = cmd->err.code = -ENOENT;
	if (code && code != -EAGAIN)
		lab_command__failed(cmd, &out);
	why = cmd->err;
	json_decref(doc);
	lab_outcome__free(&out);
	cmd->req.footprint = false;
	if (code == -EAGAIN)
		from_log(cmd, why.text, min);
}

/* By its label, or by the workload alone. */
static const json_t *find_cell(const json_t *doc, const char *name)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		if (!strcmp(doc__text(cell, "label"), name))
			return cell;
	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		if (!strcmp(doc__text(cell, "workload"), name))
			return cell;
	return NULL;
}

static void trace_result(struct lab_command *cmd, const char *path, double min)
{
	json_t *raw = result__load(path, &cmd->err);
	json_t *doc = raw ? json__clean_copy(raw) : NULL;
	const char *lane = doc__text(doc, "host.lab.lane");
	const json_t *cell = find_cell(doc, cmd->list);
	int code = raw ? 0 : cmd->err.code;

	if (!code && strcmp(lane, cmd->lane->name))
		code = error__set(&cmd->err, -EBADMSG, "%s is not of lane %s%s%s", path,
				  cmd->lane->name, *lane ? ", but of " : " of the lab", lane);
	if (!code && !cell)
		code = error__set(&cmd->err, -ENOENT, "%s has no %s", path, cmd->list);
	if (!code) {
		code = from_cell(cmd, cell, doc__text(doc, "host.kernel"), min);
		if (code)
			error__prefix(&cmd->err, "%s", path);
	}
	if (code == -EAGAIN)
		cmd->err.code = -ENOENT;
	if (code)
		lab_command__failed(cmd, NULL);
	json_decref(doc);
	json_decref(raw);
}

static int parse_percent(struct opts *opts, double *min)
{
	char *end;

	*min = strtod(opts->arg, &end);
	if (end == opts->arg || *end || !(*min >= 0 && *min <= 100))
		return opts__misuse(opts, "--min: '%s' is no percentage", opts->arg);
	return 0;
}

/* Some formats are of one host, others of two. */
static int check_formats(const struct lab_command *cmd, bool two, struct opts *opts)
{
	const struct renderer *file = cmd->output.path ? renderer__of_file(cmd->output.path) : NULL;
	const struct renderer *const formats[] = { cmd->output.format, file };
	unsigned int shows = SHOW_TABLE | (two ? SHOW_STACKS_OF_TWO : SHOW_STACKS);

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i] && !(formats[i]->shows & shows))
			return opts__misuse(opts, "%s is of %s", formats[i]->name,
					    two ? "one host" : "two hosts: --base HOST --new HOST");
	return output__settle(&cmd->output, opts);
}

static int trace_two(struct lab_command *cmd, struct lab_side *sides, struct opts *opts)
{
	for (unsigned int i = 0; i < 2; i++) {
		if (!sides[i].text)
			return opts__misuse(opts, "--base and --new go together");
		if (side__parse(&sides[i], cmd->lane, &cmd->err))
			return opts__misuse(opts, "%s", cmd->err.text);
	}
	if (check_formats(cmd, true, opts))
		return opts->status;
	cmd->req.footprint = true;
	if (lab_command__plan(cmd, "lab trace") || lab_command__open(cmd, "lab trace"))
		return cmd->status;
	trace_diff__run(cmd, sides);
	lab_command__close(cmd);
	side__free(&sides[0]);
	side__free(&sides[1]);
	return cmd->status;
}

static int trace_one(struct lab_command *cmd, struct opts *opts, const char *result, double min)
{
	if (!cmd->list)
		return opts__misuse(opts, "no workload is named: -w NAME");
	if (check_formats(cmd, false, opts))
		return opts->status;
	if (lab_command__plan(cmd, "lab trace"))
		return cmd->status;
	if (cmd->plan.nr_cells != 1) {
		size_t named = cmd->plan.nr_cells;

		plan__free(&cmd->plan);
		return opts__misuse(opts, "one workload at a time: %zu were named", named);
	}
	if (!result && lab_command__open(cmd, "lab trace"))
		return cmd->status;
	if (result)
		trace_result(cmd, result, min);
	else
		run_trace(cmd, min);
	lab_command__close(cmd);
	return cmd->status;
}

static int cmd_trace(int argc, char **argv)
{
	struct lab_side sides[2] = { 0 };
	const char *result = NULL;
	struct lab_command cmd;
	struct opts opts;
	double min = 1;
	int id;

	opts__init(&opts, &usage, argc, argv);
	lab_command__init(&cmd);
	while ((id = opts__next(&opts)) > 0) {
		if (id == OPT_BASE || id == OPT_NEW)
			sides[id - OPT_BASE].text = opts.arg;
		else if (id == OPT_RESULT)
			result = opts.arg;
		else if (id == OPT_MIN_PERCENT ? parse_percent(&opts, &min) :
						 lab_command__option(&cmd, &opts, id))
			return opts.status;
	}
	if (id < 0 || lab_command__lane(&cmd, &opts) || opts__no_more(&opts))
		return opts.status;
	if (!cmd.lane->can_trace)
		return opts__misuse(&opts, "lane %s cannot be traced", cmd.lane->name);
	if (!sides[0].text && !sides[1].text)
		return trace_one(&cmd, &opts, result, min);
	if (result)
		return opts__misuse(&opts, "--result is of one host: name results as HOST");
	return trace_two(&cmd, sides, &opts);
}

const struct command command_lab_trace = {
	.name = "trace",
	.usage = &usage,
	.run = cmd_trace,
};
