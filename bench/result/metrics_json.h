/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the probes measured, in the shapes of the result document. */
#ifndef HVBENCH_METRICS_JSON_H
#define HVBENCH_METRICS_JSON_H

#include <jansson.h>

#include "probes/contention.h"
#include "probes/exits_choose.h"
#include "probes/exits_profile.h"
#include "probes/metrics.h"

/*
 * Array for exits.by_reason: of the group's sums of that kind, largest count first. `ops` is what
 * per_op is per; 0: per_op is null.
 */
json_t *metrics_json__by_reason(const struct exits_profile *profile, enum exits_kind kind, int64_t group,
				double ops);
/* Object for "cost", ns per op: kernel, user, off_cpu; switch null. NULL-able values are null. */
json_t *metrics_json__cost(const struct exits_profile *profile, int64_t group, double ops);
/* Object for "exit_source". */
json_t *metrics_json__source(const struct exits_choice *choice);
/* Object for "contention": who else wanted the CPUs. */
json_t *metrics_json__contention(const struct contention *contention);
/* Object of all figures; what is not known is null, and why is under "not_measured". */
json_t *metrics_json__metrics(const struct metrics *metrics);

#endif
