/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters probe: perf events of the threads watched, by libperf. Hardware events are counted
 * apart for host and guest ("cycles_host", "cycles_guest"), page walks (page_walks.h) among them; what
 * this CPU, kernel or hypervisor does not count is not known, with the reason. Counts of events that
 * had to share counters are scaled, and say so by "multiplexed".
 */
#ifndef HVBENCH_COUNTERS_H
#define HVBENCH_COUNTERS_H

#include "bench/base/error.h"
#include "probes/probe.h"

struct counters_probe;

/* Finds out what there is. `target` names processes; without any, this one is watched. */
int counters__open(struct counters_probe **out, const struct probe_target *target, struct error *err);
/* The threads that the processes have now, and those that these will start. */
int counters__begin(struct counters_probe *p, struct error *err);
int counters__end(struct counters_probe *p, struct metrics *m, struct error *err);
void counters__close(struct counters_probe *p);

#endif
