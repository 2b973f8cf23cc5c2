// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hvbench help: the list of commands, and a command's --help. `hvbench help --man [COMMAND…]`, for
 * the Makefile, prints the manual page instead; --completion SHELL and --complete WORD… are for
 * shells (completing.h).
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cli/command.h"
#include "bench/commands/completing.h"

static const struct opt hvbench_options[] = {
	{ 'V', "version", NULL, "Show the version, its commit, and what it was built with" }, {}
};

static const struct example hvbench_examples[] = {
	{ "hvbench run", "What each kind of exit, memory access and wake-up costs on this host" },
	{ "hvbench list", "The workloads, what one operation of each is and the exits it takes" },
	{}
};

const struct usage hvbench_usage = {
	.command = "",
	.what = "measure what a hypervisor costs",
	.synopsis = "COMMAND [ARGUMENT…]",
	.text = "hvbench creates virtual machines that run known synthetic workloads, counts every "
		"exit "
		"they take, and reports and compares what operations cost across configurations, "
		"kernels and hypervisors.\n\n"
		"Results go to standard output; progress and messages go to standard error. Colour "
		"is "
		"used on a terminal only, and never when NO_COLOR is set.\n\n"
		"Exit status:\n\n"
		"    0  done\n"
		"    1  a regression was found, or a cell failed\n"
		"    2  inconclusive\n"
		"    3  not comparable\n"
		"   64  wrong usage\n"
		"   65  an input file is damaged\n"
		"   69  nothing to run on (no /dev/kvm …)\n"
		"   70  internal error\n"
		"   74  input or output failed\n"
		"   77  not permitted\n"
		"  130  interrupted; what was measured by then is saved",
	.options = hvbench_options,
	.examples = hvbench_examples,
};

static const struct usage usage = {
	.command = "help",
	.what = "show what there is, or how a command is used",
	.synopsis = "[COMMAND…]",
};

/* Subcommands have no pages of their own; the program's commands do. */
static void print_man_commands(const struct command *group)
{
	const struct command **all = commands__sorted();

	puts(".SH COMMANDS");
	for (size_t i = 0; group && group->sub[i]; i++)
		usage__print_man_part(group->sub[i]->usage, stdout);
	for (size_t i = 0; !group && all && all[i]; i++)
		printf(".TP\n.BR hvbench\\-%s (1)\n%s\n", all[i]->name, all[i]->usage->what);
	free(all);
}

static int cmd_help(int argc, char **argv)
{
	const struct command *command = NULL;
	const struct usage *wanted = &hvbench_usage;
	bool man = argc > 1 && !strcmp(argv[1], "--man");
	unsigned int width = usage__width(stdout);
	struct error err = { 0 };
	struct opts opts;
	int depth;

	if (argc > 1 && !strcmp(argv[1], "--complete")) {
		completing__print(&hvbench_usage, argc - 2, argv + 2, stdout);
		return EXIT_OK;
	}
	if (argc == 3 && !strcmp(argv[1], "--completion")) {
		if (!completing__script(argv[2], stdout))
			return EXIT_OK;
		fprintf(stderr, "hvbench help: completion is for bash, zsh and fish, not '%s'\n",
			argv[2]);
		return EXIT_USAGE;
	}
	if (!man) {
		opts__init(&opts, &usage, argc, argv);
		if (opts__next(&opts) < 0)
			return opts.status;
	}
	argc -= 1 + man;
	argv += 1 + man;
	if (argc > 0) {
		command = commands__find(argc, argv, &depth, &err);
		if (!command || depth < argc) {
			fprintf(stderr, "hvbench help: %s%s\nSee 'hvbench help'.\n",
				command ? "no command below " : err.text, command ? argv[0] : "");
			return EXIT_USAGE;
		}
		wanted = command->usage;
	}
	if (man)
		usage__print_man(wanted, stdout);
	else
		usage__print_help(wanted, stdout, width);
	if (!command || command->sub) {
		if (man) {
			print_man_commands(command);
		} else {
			putchar('\n');
			commands__print_list(command, stdout);
		}
	}
	if (man && command)
		puts(".SH SEE ALSO\n.BR hvbench (1)");
	return EXIT_OK;
}
DEFINE_COMMAND(help, usage, cmd_help);
