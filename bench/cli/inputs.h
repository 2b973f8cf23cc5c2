/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The results named on a command line: the operands, their documents, and the exit status if they
 * cannot be read.
 */
#ifndef HVBENCH_INPUTS_H
#define HVBENCH_INPUTS_H

#include <stddef.h>

#include "bench/base/error.h"
#include "bench/cli/opts.h"
#include "reports/compare/compare.h"

#define INPUTS_MAX 64

struct inputs {
	struct compare_side sides[INPUTS_MAX];
	size_t nr;
};

/* Takes all operands as names of results. Non-zero: return opts->status. */
int inputs__take(struct inputs *inputs, struct opts *opts);

/*
 * Loads all that have no document yet, "-" from standard input. 0 or -errno with err set; call
 * inputs__destroy() in any case.
 */
int inputs__load(struct inputs *inputs, struct error *err);
void inputs__destroy(struct inputs *inputs);

/*
 * Whether each key of --across (NULL: none) is a configuration key, or has a value in some cell of
 * these results: one that no cell has would have no effect, and the cells that were to be compared
 * would be missing. 0 or -EINVAL with err set, with the key that may be meant.
 */
int inputs__check_across(const struct inputs *inputs, const char *const *across, struct error *err);

/*
 * The exit status when a result or a history cannot be read: 64 if the name is wrong, 65 if the
 * file is.
 */
int inputs__exit_status(const struct error *err);

#endif
