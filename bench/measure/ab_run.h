/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvbench run --ab: see ab_twins.h. */
#ifndef HVBENCH_AB_RUN_H
#define HVBENCH_AB_RUN_H

#include "bench/measure/ab_twins.h"
#include "bench/plan/plan.h"

/*
 * Measures each cell of the plan with `a` against the same cell with `b`. *doc is a result document
 * with "ab" and no cells. Returns the exit status: 0 same or faster, 1 slower or failed, 2
 * inconclusive, 69 all were skipped, 64 …, 74 a setting of the host could not be restored; where
 * there is no outcome, a message is on standard error.
 */
int run_ab(const struct plan *plan, const char *a, const char *b, const struct ab_options *opts,
	   json_t **doc);

#endif
