// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hvbench lab trace: one exit, function by function.
 *
 * The emulator's plugin records the exits while the workload is measured (footprint.h), so the tree
 * and the figure are of the same boot. Where the emulator takes no plugins, and where an operation
 * is several exits, the typical exit is found in QEMU's log of what it executes (lab_trace_log.h).
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/commands/lab_common.h"
#include "bench/commands/lab_compared_hosts.h"
#include "bench/commands/lab_trace_diff.h"
#include "bench/commands/lab_trace_log.h"
#include "bench/result/doc.h"

enum { OPT_BASE = OPT_LAB_OWN, OPT_NEW, OPT_MIN_PERCENT };

static const char *const formats[] = { "text", "json", "folded", "md", NULL };

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
	{ 'f', "format", "FORMAT",
	  "text, json, folded (one host: for flame graphs), or md (two hosts)" },
	OUTPUT_OPTION("Write the profile to FILE, as JSON"),
	LAB_COMMON_OPTIONS,
	{}
};

static const struct example examples[] = {
	{ "hvbench lab trace svm -w cpuid", "where the instructions of a CPUID exit of KVM's go" },
	{ "hvbench lab trace svm -w pio-user --base debian:6.1 --new debian:6.12",
	  "which functions made it longer" },
	{ "hvbench lab trace xen -w cpuid --format folded | flamegraph.pl >xen.svg",
	  "Xen's, as a picture" },
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
		"with QEMU: svm, xen, xen-domu, xen-dm (Xen and dom0's kernel in one tree). An "
		"emulator without plugins logs one exit instead, in a boot of its own, and it is "
		"said so.\n\n"
		"With --base and --new both hosts are measured as by 'lab run --footprint', and of "
		"each exit the functions "
		"are listed that have other numbers of instructions, largest difference first: "
		"names without what a "
		"compiler appends, new and gone ones. The differences add up to that of the exit. "
		"What every exit has of a "
		"difference is told apart where several are compared; without -w that is the exit "
		"group. " LAB_SIDE_HELP,
	.options = options,
	.examples = examples,
};

/* Emulators execute a rep instruction as many instructions, and their clock counts them all. */
static void print_reps(const struct trace *trace)
{
	if (!trace->repetitions)
		return;
	printf("%llu with each rep instruction as one:",
	       (unsigned long long)(trace->instructions - trace->repetitions));
	for (unsigned int i = 0; i < trace->nr_reps; i++) {
		const struct trace_rep *rep = &trace->reps[i];

		printf("%s %llu repetitions in %s", i ? "," : "",
		       (unsigned long long)rep->repetitions, rep->function);
		if (rep->width)
			printf(" (%llu bytes)",
			       (unsigned long long)(rep->repetitions * rep->width));
	}
	putchar('\n');
}

/* An exit that was traced, and by what it is known. */
struct traced {
	const struct trace *trace;
	const json_t *cell; /* of the same boot; NULL: there is none, it is from QEMU's log */
	const char *kernel;
};

static void print_text(const struct traced *t, const char *what, const char *where, double min)
{
	const struct trace *trace = t->trace;

	printf("%s in %s: %llu instructions from the guest's instruction to its next one\n", what,
	       where, (unsigned long long)trace->instructions);
	if (trace->user_instructions)
		printf("%llu of them in user space\n",
		       (unsigned long long)trace->user_instructions);
	printf("%u of %u exits seen were the same to the instruction; with %llu of the guest's own "
	       "loop, less %u of an "
	       "empty one, that is what 'lab run' counts: %llu\n",
	       trace->alike, trace->exits, (unsigned long long)trace->guest_instructions,
	       TRACE_LOOP, (unsigned long long)trace__path(trace));
	print_reps(trace);
	putchar('\n');
	trace__print_tree(trace, min, stdout);
	printf("\nInstructions of the hypervisor's software, counted: not time.\n");
}

static json_t *to_json(const struct lab_command *cmd, const struct traced *t)
{
	json_t *doc = trace__to_json(t->trace);
	double figure = t->cell ? doc__number(t->cell, "summary.p50") : NAN;

	json_object_set_new(doc, "lane", json_string(cmd->lane->name));
	json_object_set_new(doc, "kernel", json_string(t->kernel));
	json_object_set_new(doc, "workload", json_string(cmd->list));
	json_object_set_new(doc, "figure", isnan(figure) ? json_null() : json_real(figure));
	return doc;
}

static int report(struct lab_command *cmd, const struct traced *t, double min, const char *format)
{
	json_t *doc = to_json(cmd, t);
	char where[256];
	int code = 0;

	if (!doc)
		return error__set(&cmd->err, -ENOMEM, "out of memory");
	snprintf(where, sizeof(where), "%s, %s", cmd->lane->name, t->kernel);
	if (cmd->output.path)
		code = output__save(cmd->output.path, &renderer_json, SHOW_TABLE, doc, &cmd->err);
	if (!code && !strcmp(format, "json"))
		code = output__show(&renderer_json, SHOW_TABLE, doc, &cmd->err);
	else if (!code && !strcmp(format, "folded"))
		trace__print_folded(t->trace, stdout);
	else if (!code)
		print_text(t, cmd->list, where, min);
	json_decref(doc);
	return code;
}

/* Without the plugin: a boot more, and one exit of those that were seen. */
static int from_log(struct lab_command *cmd, const char *why, double min, const char *format)
{
	struct trace_run run;
	int code;

	fprintf(stderr,
		"hvbench lab trace: %s. One exit is traced by the emulator's log instead.\n", why);
	code = trace_run__do(&run, cmd, cmd->list);
	if (!code)
		code = report(cmd, &(struct traced){ &run.trace, NULL, run.out.kernel }, min,
			      format);
	if (code)
		lab_command__failed(cmd, &run.out);
	trace_run__free(&run);
	return code;
}

/* The cell's exit from the document; -EAGAIN with the reason: the log may know one. */
static int from_cell(struct lab_command *cmd, const struct lab_outcome *out, double min,
		     const char *format)
{
	const json_t *cell = json_array_get(json_object_get(out->doc, "cells"), 0);
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
			   "the host's kernel tells no symbols (/proc/kallsyms, CONFIG_KALLSYMS)");
	if (!code)
		code = report(cmd, &(struct traced){ &trace, cell, out->kernel }, min, format);
	trace__free(&trace);
	return code;
}

static void run_trace(struct lab_command *cmd, double min, const char *format)
{
	struct lab_outcome out;
	struct error why;
	int code;

	cmd->req.footprint = true;
	code = lab_command__measure(cmd, &cmd->req, &out);
	if (!code)
		code = from_cell(cmd, &out, min, format);
	if (code && code != -EAGAIN)
		lab_command__failed(cmd, &out);
	why = cmd->err;
	lab_outcome__free(&out);
	cmd->req.footprint = false;
	if (code == -EAGAIN)
		from_log(cmd, why.text, min, format);
}

static int parse_percent(struct opts *opts, double *min)
{
	char *end;

	*min = strtod(opts->arg, &end);
	if (end == opts->arg || *end || !(*min >= 0 && *min <= 100))
		return opts__misuse(opts, "--min: '%s' is no percentage", opts->arg);
	return 0;
}

static int trace_two(struct lab_command *cmd, struct lab_side *sides, struct opts *opts,
		     const char *format)
{
	for (unsigned int i = 0; i < 2; i++) {
		if (!sides[i].text)
			return opts__misuse(opts, "--base and --new go together");
		if (side__parse(&sides[i], cmd->lane, &cmd->err))
			return opts__misuse(opts, "%s", cmd->err.text);
	}
	if (!strcmp(format, "folded"))
		return opts__misuse(opts, "--format folded is of one host");
	cmd->req.footprint = true;
	if (lab_command__plan(cmd, "lab trace") || lab_command__open(cmd, "lab trace"))
		return cmd->status;
	trace_diff__run(cmd, sides, format);
	lab_command__close(cmd);
	side__free(&sides[0]);
	side__free(&sides[1]);
	return cmd->status;
}

static int cmd_trace(int argc, char **argv)
{
	struct lab_side sides[2] = { 0 };
	struct lab_command cmd;
	struct opts opts;
	int id, format = 0;
	double min = 1;

	opts__init(&opts, &usage, argc, argv);
	lab_command__init(&cmd);
	while ((id = opts__next(&opts)) > 0) {
		if (id == OPT_BASE || id == OPT_NEW)
			sides[id - OPT_BASE].text = opts.arg;
		else if (id == 'f'	       ? opts__choice(&opts, formats, &format) :
			 id == OPT_MIN_PERCENT ? parse_percent(&opts, &min) :
						 lab_command__option(&cmd, &opts, id))
			return opts.status;
	}
	if (id < 0 || lab_command__lane(&cmd, &opts) || opts__no_more(&opts))
		return opts.status;
	if (!cmd.lane->can_trace)
		return opts__misuse(&opts, "lane %s cannot be traced", cmd.lane->name);
	if (sides[0].text || sides[1].text)
		return trace_two(&cmd, sides, &opts, formats[format]);
	if (!cmd.list)
		return opts__misuse(&opts, "no workload is named: -w NAME");
	if (!strcmp(formats[format], "md"))
		return opts__misuse(&opts, "--format md is of two hosts: --base HOST --new HOST");
	if (lab_command__plan(&cmd, "lab trace"))
		return cmd.status;
	if (cmd.plan.nr_cells != 1) {
		size_t named = cmd.plan.nr_cells;

		plan__free(&cmd.plan);
		return opts__misuse(&opts, "one workload at a time: %zu were named", named);
	}
	if (lab_command__open(&cmd, "lab trace"))
		return cmd.status;
	run_trace(&cmd, min, formats[format]);
	lab_command__close(&cmd);
	return cmd.status;
}

const struct command command_lab_trace = {
	.name = "trace",
	.usage = &usage,
	.run = cmd_trace,
};
