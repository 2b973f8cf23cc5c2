/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much an exit path may change before it counts, in instructions or percent. */
#ifndef HVBENCH_LAB_THRESHOLD_H
#define HVBENCH_LAB_THRESHOLD_H

#include <stdbool.h>

#include "bench/cli/opts.h"

struct threshold {
	double insn, percent; /* the threshold, in one of the two; the other is NAN */
};

/* "10" or "2%" in opts->arg. Non-zero: return opts->status. */
int threshold__parse(struct opts *opts, struct threshold *t);
/* `diff` is the difference to `base`; negative ones never exceed it. */
bool threshold__exceeds(double diff, double base, const struct threshold *t);

#endif
