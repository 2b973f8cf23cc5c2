/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control groups of our own, below that of this process, each with a weight and a limit of CPU time
 * for the threads that enter it (cgroup v1: cpu.shares, cpu.cfs_quota_us; v2: cpu.weight, cpu.max,
 * in threaded mode, so that the process itself stays where it is).
 *
 * What is made is a directory CPU_GROUPS_PREFIX… with a group for each member in it. It is locked
 * (flock) for as long as its process lives: after a SIGKILL the next cpu_groups__open() or
 * cpu_groups__sweep() finds it unlocked, and removes it.
 */
#ifndef HVBENCH_HOST_CPU_GROUPS_H
#define HVBENCH_HOST_CPU_GROUPS_H

#include <stdint.h>

#include "bench/base/error.h"

#define CPU_GROUPS_PREFIX    "hvbench-cpu-"
#define CPU_GROUPS_USUAL     100       /* the weight that a group has unless another is given */
#define CPU_GROUPS_PERIOD_NS 100000000 /* of a limit */

struct cpu_groups;

/*
 * Makes `nr` groups. -EOPNOTSUPP: there is no cpu controller here for this process to use, and the
 * message says what to do. After an error there is nothing to close.
 */
int cpu_groups__open(struct cpu_groups **out, unsigned int nr, struct error *err);
/* 1 to 10,000. */
int cpu_groups__set_weight(const struct cpu_groups *groups, unsigned int i, unsigned int weight,
			   struct error *err);
/* In percent of one CPU, 1 to 100. */
int cpu_groups__set_limit(const struct cpu_groups *groups, unsigned int i, unsigned int percent,
			  struct error *err);
/* Moves the calling thread there, for the rest of its life. */
int cpu_groups__enter(const struct cpu_groups *groups, unsigned int i, struct error *err);
/* How long the group was ready to run and not allowed to, so far; 0 where it has no limit. */
uint64_t cpu_groups__throttled_ns(const struct cpu_groups *groups, unsigned int i);
/* Removes the groups. All threads that entered have ended. NULL: none were made. */
void cpu_groups__close(struct cpu_groups *groups);

/* Removes what processes that were killed have left below this process's group. */
void cpu_groups__sweep(void);

#endif
