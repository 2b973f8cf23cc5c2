// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hvbench lab: emulated hosts. This file has the small subcommands; compare, sweep and trace have
 * files of their own (lab_*.c).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cli/command.h"
#include "bench/commands/lab_common.h"
#include "bench/lab/fs.h"
#include "bench/lab/ioreq.h"
#include "bench/lab/wire.h"
#include "reports/formats/report.h"

/* lab list */

static const struct usage list_usage = {
	.command = "lab list",
	.what = "lanes, what each needs, and what is missing",
};

/* Prints which keys --config may set there. */
static void print_keys(const struct lab_lane *lane)
{
	const char *const *keys = lab__lane_honours(lane)->keys;

	printf("          keys:");
	if (!*keys)
		printf(" none, the guest runs by itself");
	else if (!lane->honours)
		printf(" those of backend kvm, which runs inside");
	for (const char *const *key = keys; lane->honours && *key; key++)
		printf("%s %s", key == keys ? "" : ",", *key);
	printf("\n");
}

static int cmd_list_lanes(int argc, char **argv)
{
	struct opts opts;

	opts__init(&opts, &list_usage, argc, argv);
	if (opts__next(&opts) < 0 || opts__no_more(&opts))
		return opts.status;
	for_each_lane(lane) {
		char missing[256] = "";
		size_t n = 0;

		printf("%-9s %s\n", lane->name, lane->what);
		if (lane->kernel)
			printf("          kernel: %s unless --kernel names another\n",
			       lane->kernel);
		printf("          needs:");
		for (const struct lab_need *need = lane->needs; need->test; need++) {
			bool here = lab__has_need(need);
			const char *base = strrchr(need->test, '/');

			printf("%s %s%s", need == lane->needs ? "" : ",",
			       base ? base + 1 : need->test, here ? "" : " (missing)");
			if (!here && !strstr(missing, need->package))
				n += snprintf(missing + n, sizeof(missing) - n, " %s",
					      need->package);
			if (n >= sizeof(missing))
				n = sizeof(missing) - 1;
		}
		printf("\n");
		if (n)
			printf("          get it: apt-get install%s\n", missing);
		print_keys(lane);
	}
	return EXIT_OK;
}

static const struct command command_lab_list = {
	.name = "list",
	.usage = &list_usage,
	.run = cmd_list_lanes,
};

/* lab setup */

static const struct opt setup_options[] = {
	LAB_KERNEL_OPTIONS,
	{ OPT_LAB_XEN, "xen", "FILE", "Xen image instead of Debian's" },
	{ OPT_LAB_REFRESH, "refresh", NULL, "Look for newer packages of the same names" },
	LAB_COMMON_OPTIONS,
	{}
};

static const struct example setup_examples[] = {
	{ "hvbench lab setup svm", "everything that 'hvbench lab run svm' needs, for use offline" },
	{ "hvbench lab setup svm --kernel debian:6.12", "with the newest 6.12 kernel of Debian's" },
	{}
};

static const struct usage setup_usage = {
	.command = "lab setup",
	.what = "fetch what a lane needs and build its image",
	.synopsis = "LANE",
	.text = "Packages are fetched by apt into your own cache directory, checked against the "
		"archive's signed lists, and unpacked there; nothing is installed. The directory "
		"is $XDG_CACHE_HOME/hvbench/lab, or ~/.cache/hvbench/lab. The hash printed is "
		"that of the whole image: the same inputs give the same bytes.",
	.options = setup_options,
	.examples = setup_examples,
};

static int cmd_setup(int argc, char **argv)
{
	struct lab_command cmd;
	struct opts opts;
	char image[65];
	int id;

	opts__init(&opts, &setup_usage, argc, argv);
	lab_command__init(&cmd);
	while ((id = opts__next(&opts)) > 0)
		if (lab_command__option(&cmd, &opts, id))
			return opts.status;
	if (id < 0 || lab_command__lane(&cmd, &opts) || opts__no_more(&opts))
		return opts.status;
	if (lab_command__plan(&cmd, "lab setup") || lab_command__open(&cmd, "lab setup"))
		return cmd.status;
	if (lab__setup(&cmd.lab, cmd.lane, &cmd.req, image, &cmd.err))
		lab_command__failed(&cmd, NULL);
	else
		printf("%s %s\n", image, cmd.lane->name);
	lab_command__close(&cmd);
	return cmd.status;
}

static const struct command command_lab_setup = {
	.name = "setup",
	.usage = &setup_usage,
	.run = cmd_setup,
};

/* lab run */

static const struct opt run_options[] = {
	LAB_WHAT_OPTIONS,
	LAB_KERNEL_OPTIONS,
	LAB_CPUS_OPTION,
	{ OPT_LAB_XEN, "xen", "FILE", "Xen image instead of Debian's" },
	{ OPT_LAB_NO_ICOUNT, "no-icount", NULL, "Let the guest's clock be the machine's" },
	LAB_FOOTPRINT_OPTION,
	LAB_MODEL_OPTION,
	LAB_VMLINUX_OPTION,
	LAB_BISECT_OPTION,
	OUTPUT_OPTION("Write the result to FILE, as its ending says, else as a JSON document"),
	FORMAT_OPTION("Report on standard output: "),
	LAB_COMMON_OPTIONS,
	{}
};

static const struct example run_examples[] = {
	{ "hvbench lab run svm", "the exit group under KVM on an emulated AMD host" },
	{ "hvbench lab run vmx -w cpuid,pio-user -o vmx.json",
	  "two workloads on an emulated Intel host" },
	{ "hvbench lab run svm --kernel arch/x86/boot/bzImage --modules .",
	  "a kernel build of your own" },
	{}
};

static const struct usage run_usage = {
	.command = "lab run",
	.what = "measure in an emulated host, in instructions, without noise",
	.synopsis = "LANE [JOB]",
	.text = "Boots a kernel with the hypervisor under test on an emulated machine whose clock "
		"counts "
		"retired instructions, runs hvbench there, and brings the result document back. "
		"The "
		"figures are the path length of the hypervisor's software, in instructions (unit "
		"insn), "
		"the same in every run. They are not time: what the world switch costs the "
		"hardware, TLB "
		"misses and stalls are not in them.\n\n"
		"Without JOB or -w the exit group is measured.\n\n"
		"The exit status is 1 when a cell failed, the host did not boot, or nothing came "
		"back from it. " LAB_BISECT_HELP,
	.options = run_options,
	.shows = SHOW_RESULT,
	.examples = run_examples,
};

static int run_lane(struct lab_command *cmd, int argc, char **argv)
{
	struct lab_outcome out;
	struct opts opts;
	int id, code;

	opts__init(&opts, &run_usage, argc, argv);
	while ((id = opts__next(&opts)) > 0)
		if (lab_command__option(cmd, &opts, id))
			return opts.status;
	if (id < 0 || lab_command__lane(cmd, &opts))
		return opts.status;
	cmd->job = opts__operand(&opts);
	if (opts__no_more(&opts) || output__settle(&cmd->output, &opts))
		return opts.status;
	if (lab_command__plan(cmd, "lab run") || lab_command__open(cmd, "lab run"))
		return cmd->status;
	code = lab_command__measure(cmd, &cmd->req, &out);
	/* What else was measured stands. */
	if (!code && out.no_footprint[0])
		fprintf(stderr, "hvbench lab run: what exits touch was not counted: %s\n",
			out.no_footprint);
	if (code)
		lab_command__failed(cmd, &out);
	else if (lab_command__result(cmd, out.doc))
		lab_command__failed(cmd, NULL);
	else if (!cmd->status)
		cmd->status = out.status;
	lab_outcome__free(&out);
	lab_command__close(cmd);
	return cmd->status;
}

static int cmd_run_lane(int argc, char **argv)
{
	struct lab_command cmd;

	lab_command__init(&cmd);
	return lab_command__status(&cmd, run_lane(&cmd, argc, argv));
}

static const struct command command_lab_run = {
	.name = "run",
	.usage = &run_usage,
	.run = cmd_run_lane,
};

/* lab shell */

static const struct opt shell_options[] = {
	{ 'c', "command", "COMMAND",
	  "Run COMMAND by the shell, print its output, return its status" },
	{ OPT_LAB_FILE, "file", "FILE[:DEST]",
	  "Copy FILE into the host; with a program (ELF) go its libraries" },
	LAB_KERNEL_OPTIONS,
	LAB_CPUS_OPTION,
	{ OPT_LAB_XEN, "xen", "FILE", "Xen image instead of Debian's" },
	{ OPT_LAB_NO_ICOUNT, "no-icount", NULL, "Let the host's clock be the machine's" },
	LAB_COMMON_OPTIONS,
	{}
};

static const struct example shell_examples[] = {
	{ "hvbench lab shell svm", "a console; 'exit' or Ctrl-A X ends it" },
	{ "hvbench lab shell svm --file ./test -c 'test && dmesg'", "one command" },
	{}
};

static const struct usage shell_usage = {
	.command = "lab shell",
	.what = "a console in the emulated host",
	.synopsis = "LANE",
	.options = shell_options,
	.examples = shell_examples,
};

static int cmd_shell(int argc, char **argv)
{
	struct lab_command cmd;
	struct lab_outcome out;
	struct opts opts;
	int id;

	opts__init(&opts, &shell_usage, argc, argv);
	lab_command__init(&cmd);
	while ((id = opts__next(&opts)) > 0)
		if (lab_command__option(&cmd, &opts, id))
			return opts.status;
	if (id < 0 || lab_command__lane(&cmd, &opts) || opts__no_more(&opts))
		return opts.status;
	cmd.req.shell = !cmd.req.command;
	if (cmd.req.shell ? !cmd.lane->has_shell : !cmd.lane->has_command)
		return opts__misuse(&opts, "lane %s has no %s", cmd.lane->name,
				    cmd.req.shell ? "console to offer" :
						    "shell inside to run a command");
	if (cmd.req.shell && !isatty(STDIN_FILENO))
		return opts__misuse(&opts, "a console needs a terminal: use -c COMMAND");
	if (lab_command__open(&cmd, "lab shell"))
		return cmd.status;
	if (lab__run(&cmd.lab, cmd.lane, &cmd.req, &out, &cmd.err)) {
		lab_command__failed(&cmd, &out);
	} else {
		fputs(out.text ? out.text : "", stdout);
		cmd.status = out.status;
	}
	lab_outcome__free(&out);
	lab_command__close(&cmd);
	return cmd.status;
}

static const struct command command_lab_shell = {
	.name = "shell",
	.usage = &shell_usage,
	.run = cmd_shell,
};

/* lab guest */

static const struct usage guest_usage = {
	.command = "lab guest",
	.what = "what the lab's own hosts use inside to send results",
	.synopsis = "send NAME FILE | note TEXT | fail TEXT | end STATUS | ioreq DOMID",
};

static void say_ready(void)
{
	puts("ready");
	fflush(stdout);
}

static int cmd_guest(int argc, char **argv)
{
	const char *verb, *what, *file;
	struct error err = { 0 };
	struct opts opts;
	int code;

	opts__init(&opts, &guest_usage, argc, argv);
	if (opts__next(&opts) < 0)
		return opts.status;
	verb = opts__operand(&opts);
	what = opts__operand(&opts);
	file = opts__operand(&opts);
	if (opts__no_more(&opts))
		return opts.status;
	if (!what)
		return opts__misuse(&opts, "nothing to send");
	if (!strcmp(verb, "send") && file)
		code = wire__send_file(what, file, &err);
	else if (!strcmp(verb, "note") || !strcmp(verb, "fail"))
		code = wire__send_text(verb, what, &err);
	else if (!strcmp(verb, "ioreq"))
		code = ioreq__serve((unsigned int)atoi(what), say_ready, &err);
	else if (!strcmp(verb, "end"))
		code = wire__send_end(atoi(what), &err);
	else
		return opts__misuse(&opts, "cannot '%s'", verb);
	if (!code)
		return EXIT_OK;
	fprintf(stderr, "hvbench lab guest: %s\n", err.text);
	return error__exit_status(&err);
}

static const struct command command_lab_guest = {
	.name = "guest",
	.usage = &guest_usage,
	.run = cmd_guest,
};

static const struct command *const lab_commands[] = { &command_lab_list,
						      &command_lab_setup,
						      &command_lab_run,
						      &command_lab_shell,
						      &command_lab_compare,
						      &command_lab_sweep,
						      &command_lab_trace,
						      &command_lab_types,
						      &command_lab_bisect,
						      &command_lab_guest,
						      NULL };

static const struct example lab_examples[] = {
	{ "hvbench lab run svm", "exit costs of KVM in instructions, without AMD-V" },
	{ "hvbench lab compare svm --base debian:6.1 --new debian:6.12",
	  "did an exit path get longer?" },
	{}
};

static const struct usage lab_usage = {
	.command = "lab",
	.what = "emulated hosts: exits counted exactly, without VT-x or AMD-V",
	.synopsis = "COMMAND LANE",
	.text = "A lab host is a whole machine in an emulator: a real kernel with the real KVM, or "
		"the real "
		"Xen, runs in it, and the guest inside that. The clock counts retired "
		"instructions, so that "
		"the cost of an exit is the same number in every run, and one instruction more in "
		"an exit "
		"path shows.",
	.examples = lab_examples,
};

DEFINE_COMMAND_GROUP(lab, lab_usage, lab_commands);
