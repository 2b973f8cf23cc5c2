/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the subcommands of `hvbench lab` share: options, opening and closing, the plan, messages.
 */
#ifndef HVBENCH_LAB_COMMON_H
#define HVBENCH_LAB_COMMON_H

#include "bench/cli/command.h"
#include "bench/cli/output.h"
#include "bench/lab/lanes/lanes.h"
#include "bench/plan/plan.h"

enum lab_option {
	OPT_LAB_KERNEL = OPT_LONG,
	OPT_LAB_MODULES,
	OPT_LAB_CMDLINE,
	OPT_LAB_MITIGATIONS,
	OPT_LAB_XEN,
	OPT_LAB_TIMEOUT,
	OPT_LAB_NO_ICOUNT,
	OPT_LAB_FILE,
	OPT_LAB_OFFLINE,
	OPT_LAB_REFRESH,
	OPT_LAB_MIRROR,
	OPT_LAB_ROUNDS,
	OPT_LAB_CONFIG,
	OPT_LAB_MEMORY,
	OPT_LAB_CPUS,
	OPT_LAB_BISECT,
	OPT_LAB_FOOTPRINT,
	OPT_LAB_MODEL,
	OPT_LAB_VMLINUX,
	OPT_LAB_OWN, /* a subcommand's own options start here */
};

#define LAB_KERNEL_OPTIONS \
	{ OPT_LAB_KERNEL, "kernel", "KERNEL", \
	  "Kernel of the host: a bzImage, or debian:VERSION (debian:6.12, debian:6.12.107)" }, \
		{ OPT_LAB_MODULES, "modules", "DIR", \
		  "Where the modules of a kernel image are, at any depth" }, \
		{ OPT_LAB_CMDLINE, "cmdline", "TEXT", "Added to the kernel's command line" }, \
		{ OPT_LAB_MITIGATIONS, "mitigations", "VALUE", \
		  "The kernel's mitigations= (default: off; 'default' leaves it to the kernel)" }, \
	{ \
		OPT_LAB_MEMORY, "memory", "MIB", "Memory of the host in MiB" \
	}

#define LAB_CPUS_OPTION \
	{ \
		OPT_LAB_CPUS, "cpus", "N", \
			"CPUs of the host (default: 1; more: lane svm with --no-icount)" \
	}

#define LAB_WHAT_OPTIONS \
	{ 'w', "workloads", "LIST", "Workloads: NAME[:PARAM=VALUE…][,NAME…]" }, \
		{ OPT_LAB_CONFIG, "config", "KEY=VALUE", \
		  "Configuration of the VM; may be repeated" }, \
	{ \
		OPT_LAB_ROUNDS, "rounds", "N", \
			"Fresh VMs for each cell (default: 1, they do not differ)" \
	}

#define LAB_FOOTPRINT_OPTION \
	{ \
		OPT_LAB_FOOTPRINT, "footprint", NULL, \
			"Also what each exit touches: loads, lines, pages, branches (lanes with " \
			"a " \
			"hypervisor)" \
	}

#define LAB_MODEL_OPTION \
	{ \
		OPT_LAB_MODEL, "model", "CACHES", \
			"What exits touch, and what would miss in such caches, a model: zen3, " \
			"zen4, skylake-sp, icelake-sp, sapphire-rapids, or any of " \
			"L1I=32K/8,L1D=48K/12,L2=2M/16,ITLB=64/8,DTLB=64/4 (size or entries, " \
			"ways)" \
	}

#define LAB_VMLINUX_OPTION \
	{ \
		OPT_LAB_VMLINUX, "vmlinux", "FILE", \
			"Also source lines, by the kernel's debug information; that of its " \
			"modules " \
			"is looked for in the same directory, at any depth" \
	}

#define LAB_BISECT_OPTION \
	{ \
		OPT_LAB_BISECT, "bisect-status", NULL, \
			"End as 'git bisect run' wants it: 0 good, 1 bad, 125 the host cannot be " \
			"tested, 255 anything else" \
	}

#define LAB_BISECT_HELP \
	"With --bisect-status the status is 125, upon which 'git bisect run' skips the commit, " \
	"if the " \
	"host's kernel does not exist or is not a kernel, does not boot, or sends no result; it " \
	"is 255, upon which it stops, for errors that have nothing to do with the commit (usage, " \
	"a missing emulator, a full disk)."

#define LAB_COMMON_OPTIONS \
	{ OPT_LAB_TIMEOUT, "timeout", "TIME", "Stop a host that takes longer (default: 600 s)" }, \
		{ OPT_LAB_OFFLINE, "offline", NULL, "Use only what is in the cache" }, \
		{ OPT_LAB_MIRROR, "mirror", "URL", \
		  "Debian archive, where apt is not set up for one" }, \
	{ \
		'q', "quiet", NULL, "No progress" \
	}

#define LAB_MAX_CONFIG 16

struct lab_command {
	const char *name; /* for messages: "lab run" */
	struct lab lab;
	const struct lab_lane *lane;
	struct lab_request req;
	struct error err;
	int status; /* exit status so far */
	bool opened, has_plan;
	struct model_shape model;
	bool bisect; /* statuses for git bisect run */
	/* options */
	const char *job, *list;
	struct output output;
	char lists[OPTS_LIST_ROOM]; /* all arguments of -w joined */
	const char *config[LAB_MAX_CONFIG + 1];
	unsigned int nr_config;
	uint64_t rounds;
	bool rounds_given;
	struct plan plan;
	const char *run_args[2 * LAB_MAX_CONFIG + 8];
	char rounds_text[24];
	char *file_text[LAB_MAX_FILES];
};

/* The subcommands that have files of their own. */
extern const struct command command_lab_bisect, command_lab_compare, command_lab_sweep,
	command_lab_trace, command_lab_types;

void lab_command__init(struct lab_command *cmd);
/* Handles an option of the macros above; non-zero: return opts->status. */
int lab_command__option(struct lab_command *cmd, struct opts *opts, int id);
/* Takes the operand LANE; non-zero: return opts->status. */
int lab_command__lane(struct lab_command *cmd, struct opts *opts);
/*
 * Plans what is measured, from job, -w, --config. Non-zero: an error was printed, return
 * cmd->status.
 */
int lab_command__plan(struct lab_command *cmd, const char *name);
int lab_command__open(struct lab_command *cmd, const char *name);
/*
 * A run of the lane, with Xen's symbols where the functions of its exits are asked for. As
 * lab__run(); lab_outcome__free() either way.
 */
int lab_command__measure(struct lab_command *cmd, const struct lab_request *req,
			 struct lab_outcome *out);
void lab_command__close(struct lab_command *cmd);
/*
 * A report of the command's own: to -o, and to standard output. `doc` is all of it, for JSON; `put`
 * writes the others, on a format that has tables. -errno with cmd->err set.
 */
int lab_command__report(struct lab_command *cmd, const json_t *doc,
			int (*put)(FILE *out, const struct renderer *format, void *arg), void *arg);
/*
 * What goes before a line of a list in a format: NULL: it is for programs, and has nothing but the
 * table.
 */
const char *lab_bullet(const struct renderer *format);
/* Prints cmd->err and, after a run, the end of its console log; sets the status. */
void lab_command__failed(struct lab_command *cmd, const struct lab_outcome *out);
/* The same without an outcome; `host_failed`: whether the host is to blame. */
void lab_command__host_failed(struct lab_command *cmd, bool host_failed);
/* Converts one of our statuses to what git bisect expects, if --bisect-status was given. */
int lab_command__status(const struct lab_command *cmd, int status);
/*
 * Saves a result that would be lost (rescue.h) and says where; `what` says what it is the result
 * of.
 */
void lab_command__keep(struct lab_command *cmd, const json_t *doc, const char *what);
/*
 * Saves and shows the document as the options say; a failed cell sets the status. 0, or an error in
 * cmd->err.
 */
int lab_command__result(struct lab_command *cmd, const json_t *doc);

#endif
