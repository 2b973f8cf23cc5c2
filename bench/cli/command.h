/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands: `hvbench NAME …`. Each is one file, bench/commands/NAME.c; DEFINE_COMMAND() puts it
 * into a linker section, so that adding the file is all there is to do: `hvbench help`, the
 * command's --help and its manual page are made from its struct usage.
 */
#ifndef HVBENCH_COMMAND_H
#define HVBENCH_COMMAND_H

#include "bench/base/error.h"
#include "bench/cli/opts.h"

struct command {
	const char *name;
	const struct usage *usage;
	/* argv[0] is the command's name; returns the exit status (enum exit_status). */
	int (*run)(int argc, char **argv);
	/*
	 * Instead of run(): NULL-terminated, for `hvbench NAME SUB …`. usage->options is not used
	 * then.
	 */
	const struct command *const *sub;
};

#define COMMAND_ENTRY(ident) \
	static const struct command *const command_##ident##_entry \
		__attribute__((used, section("command_table"))) = &command_##ident

#define DEFINE_COMMAND(ident, usage_, run_) \
	static const struct command command_##ident = { .name = #ident, \
							.usage = &(usage_), \
							.run = (run_) }; \
	COMMAND_ENTRY(ident)

/* Defines a command that only has subcommands: `hvbench lab run`, `hvbench lab compare` … */
#define DEFINE_COMMAND_GROUP(ident, usage_, sub_) \
	static const struct command command_##ident = { .name = #ident, \
							.usage = &(usage_), \
							.sub = (sub_) }; \
	COMMAND_ENTRY(ident)

extern const struct command *const __start_command_table[];
extern const struct command *const __stop_command_table[];

/* All commands sorted by name, NULL-terminated; the caller frees the array. */
const struct command **commands__sorted(void);

/*
 * The command named by argv[0] and, if it has subcommands, argv[1] …; *depth is the number of words
 * used, an unknown name included. NULL and a message with the nearest name if there is no such
 * command.
 */
const struct command *commands__find(int argc, char **argv, int *depth, struct error *err);

/* Usage of `hvbench` itself. */
extern const struct usage hvbench_usage;

/* Prints the list of a group's commands, or of all (`group` NULL), as in `hvbench help`. */
void commands__print_list(const struct command *group, FILE *out);

#endif
