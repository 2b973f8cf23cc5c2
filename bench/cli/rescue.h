/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was measured and could not be written where it was wanted (a full disk, a quota, ulimit -f) is kept
 * elsewhere, under a name that nobody can know beforehand: in $TMPDIR, /tmp or /var/tmp, the first that takes it.
 * Where none does it is printed to standard output if `print`: unless something else is there already. What became
 * of it is said on standard error, in the name of `command`.
 */
#ifndef HVBENCH_RESCUE_H
#define HVBENCH_RESCUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* `ending` of the file's name, ".json". */
void rescue__text(const char *command, const char *text, size_t len, const char *ending, bool print);
void rescue__document(const char *command, const json_t *doc, bool print);

#endif
