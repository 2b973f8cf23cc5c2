/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sched probe: run-queue delay, wake-up latency, preemptions, migrations, time on and off the CPU,
 * and how halts ended, of threads that run vCPUs.
 */
#ifndef HVBENCH_SCHED_H
#define HVBENCH_SCHED_H

#include "bench/base/error.h"
#include "probes/probe.h"

struct sched_probe;

/* `threads`: room for so many vCPU threads. -EPERM, -EOPNOTSUPP with what is missing. */
int sched__open(struct sched_probe **out, const struct probe_target *target, unsigned int threads,
		struct error *err);
int sched__begin(struct sched_probe *p, struct error *err);
/* Detaches; adds the sums over all threads watched, "threads" among them. */
int sched__end(struct sched_probe *p, struct metrics *m, struct error *err);
void sched__close(struct sched_probe *p);

#endif
