/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans from -w lists. */
#ifndef HVBENCH_PLAN_LIST_H
#define HVBENCH_PLAN_LIST_H

#include "bench/plan/plan.h"

/*
 * Fills the plan on success; after an error there is nothing to free. A plan has at
 * least one cell and no two cells that measure the same. If keys have several values there is a
 * cell for each combination that no exclude line drops.
 *
 * -w LIST: NAME[:PARAM=VALUE…][,NAME…]. -ENOENT unknown workload or parameter, -EINVAL bad value.
 * `ring` is a parameter of workloads whose ring the user may choose.
 */
int plan__from_list(struct plan *plan, const char *list, const struct plan_options *opts,
		    struct error *err);

#endif
