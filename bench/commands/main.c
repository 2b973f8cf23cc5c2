// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hvbench: what a hypervisor costs. Dispatches to the commands of command.h.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/cli/built_with.h"
#include "bench/cli/command.h"

/* If the output could not be written (full disk, closed pipe), the command has not succeeded. */
static int close_output(int status)
{
	/* Of a failure before the last flush errno is another call's by now. */
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	if (status == EXIT_OK || status == EXIT_REGRESSION || status == EXIT_INCONCLUSIVE) {
		fprintf(stderr, "hvbench: standard output could not be written: %s\n",
			errno ? strerror(errno) : "its reader has gone, or the disk is full");
		return EXIT_IO;
	}
	return status;
}

static int group_usage(const struct command *group, int argc, char **argv)
{
	struct opts opts;
	struct usage usage = *group->usage;

	/* Options after a group's name belong to the group: it has only --help. */
	usage.options = NULL;
	opts__init(&opts, &usage, argc, argv);
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		usage__print_help(&usage, stdout, usage__width(stdout));
		fputc('\n', stdout);
		commands__print_list(group, stdout);
		return EXIT_OK;
	}
	if (opts__next(&opts) < 0)
		return opts.status;
	opts__misuse(&opts, "a command is missing");
	commands__print_list(group, stderr);
	return EXIT_USAGE;
}

static int run_command(int argc, char **argv)
{
	const struct command *command;
	struct error err = { 0 };
	int depth;

	command = commands__find(argc, argv, &depth, &err);
	if (!command) {
		fprintf(stderr,
			depth ? "hvbench: %s\nSee 'hvbench %s --help'.\n" :
				"hvbench: %s\nSee 'hvbench help'.\n",
			err.text, argv[0]);
		return EXIT_USAGE;
	}
	argc -= depth - 1;
	argv += depth - 1;
	if (command->sub)
		return group_usage(command, argc, argv);
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	char *help[] = { "help", NULL };

	/*
	 * Reaching a limit on file size is an error like a full disk; it must not end the program
	 * and lose what was measured.
	 */
	signal(SIGXFSZ, SIG_IGN);
	alloc__end_without_memory();

	if (argc < 2) {
		fprintf(stderr, "hvbench: a command is missing. See 'hvbench help'.\n\n");
		commands__print_list(NULL, stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		built_with__print(stdout);
		return close_output(EXIT_OK);
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return close_output(run_command(1, help));
	if (argv[1][0] == '-') {
		struct opts opts;

		opts__init(&opts, &hvbench_usage, argc, argv);
		opts__next(&opts);
		return close_output(opts.status);
	}
	return close_output(run_command(argc - 1, argv + 1));
}
