/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results that a command line names: their operands, their documents, and what it means if they cannot be read. */
#ifndef HVBENCH_INPUTS_H
#define HVBENCH_INPUTS_H

#include <stddef.h>

#include "bench/base/error.h"
#include "bench/cli/opts.h"
#include "reports/compare/compare.h"

#define INPUTS_MAX	64

struct inputs {
	struct compare_side sides[INPUTS_MAX];
	size_t nr;
};

/* All operands are names of results. Non-zero: return opts->status. */
int inputs__take(struct inputs *inputs, struct opts *opts);

/* Loads them all, "-" from standard input. 0 or -errno with err set; inputs__destroy() in any case. */
int inputs__load(struct inputs *inputs, struct error *err);
void inputs__destroy(struct inputs *inputs);

/* The exit status after reading a result or a history has failed: 64 where the name is wrong, 65 where the file is. */
int inputs__exit_status(const struct error *err);

#endif
