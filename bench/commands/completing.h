/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may come next on a command line, from the tables that commands, options, formats, workloads
 * and the others are in. Shells ask for it by `hvbench help --complete WORD…`; the scripts that
 * make them do so come from `hvbench help --completion SHELL`.
 */
#ifndef HVBENCH_COMPLETING_H
#define HVBENCH_COMPLETING_H

#include <stdio.h>

#include "bench/cli/usage.h"

/*
 * Prints what the last of the words behind "hvbench" (it may be empty) could become, a line each:
 * "WORD\tDESCRIPTION". The line ":files" stands for names of files. `program` is
 * hvbench's own usage.
 */
void completing__print(const struct usage *program, int nr, char **words, FILE *out);

/* Prints the script for bash, zsh or fish. -ENOENT: another shell. */
int completing__script(const char *shell, FILE *out);

#endif
