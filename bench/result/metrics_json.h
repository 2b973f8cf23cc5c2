/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the probes measured, in the form in which result documents hold it. */
#ifndef HVBENCH_METRICS_JSON_H
#define HVBENCH_METRICS_JSON_H

#include <jansson.h>

#include "probes/contention.h"
#include "probes/exits_choose.h"
#include "probes/exits_profile.h"
#include "probes/metrics.h"

/*
 * The array exits.by_reason: the group's sums of that kind, largest count first. `ops` is what
 * per_op is divided by; 0: per_op is null.
 */
json_t *metrics_json__by_reason(const struct exits_profile *profile, enum exits_kind kind,
				int64_t group, double ops);
/*
 * The object "cost", ns per operation: kernel, user, off_cpu; switch is null. Unknown values are
 * null.
 */
json_t *metrics_json__cost(const struct exits_time *time, double ops);
/* The object "exit_source". */
json_t *metrics_json__source(const struct exits_choice *choice);
/* The object "contention": what else ran on the CPUs. */
json_t *metrics_json__contention(const struct contention *contention);
/* An object of all figures; unknown ones are null, with the reason under "not_measured". */
json_t *metrics_json__metrics(const struct metrics *metrics);

#endif
