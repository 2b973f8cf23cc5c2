/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exits from what Bochs's debugger prints. The payload marks the beginning of what is measured by
 * an instruction at which the debugger stops; from there on it is told to print each instruction
 * and each access to memory for a while. The emulated clock stands still while it prints.
 */
#ifndef HVBENCH_LAB_BOCHS_LOG_H
#define HVBENCH_LAB_BOCHS_LOG_H

#include <stdint.h>
#include <stdio.h>

#include "bench/base/error.h"
#include "bench/lab/model.h"

/*
 * What the debugger is to do, `marks` times: go on to the mark, and print. After that it ignores
 * marks.
 */
void bochs_log__commands(FILE *commands, unsigned int marks);
/*
 * Reads what it printed in `log`, between other lines, and writes the exits in it to `out`, in the
 * form of the plugin (footprint.h). `model` may be NULL. -EIO; -ENOMEM; -ENODATA: it printed
 * nothing.
 */
int bochs_log__exits(const char *log, const struct model_shape *model, const char *out,
		     struct error *err);

#endif
