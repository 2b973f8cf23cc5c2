/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * If what was measured cannot be written where it should go (a full disk, a quota, ulimit -f), it
 * is saved elsewhere, under a name that no one can predict: in $TMPDIR, /tmp or /var/tmp, whichever
 * accepts it first. If none does, it is printed to standard output if `print`, which is to be false
 * when other output is there already. What became of it is said on standard error, in the name of
 * `command`.
 */
#ifndef HVBENCH_RESCUE_H
#define HVBENCH_RESCUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* `ending`: of the file's name, such as ".json". */
void rescue__text(const char *command, const char *text, size_t len, const char *ending,
		  bool print);
void rescue__document(const char *command, const json_t *doc, bool print);

#endif
