/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of CPUs, as large as any Linux can be built for (x86: CONFIG_NR_CPUS up to 8192), whereas
 * glibc's cpu_set_t ends at 1024; and the lists that name CPUs.
 */
#ifndef HVBENCH_CPUS_H
#define HVBENCH_CPUS_H

#include <stdbool.h>
#include <sys/types.h>

#define CPUS_MAX       8192
#define CPUS_WORD_BITS (8 * sizeof(unsigned long))

struct cpus {
	unsigned long bits[CPUS_MAX / CPUS_WORD_BITS];
};

void cpus__clear(struct cpus *cpus);
void cpus__add(struct cpus *cpus, unsigned int cpu);
void cpus__drop(struct cpus *cpus, unsigned int cpu);
bool cpus__has(const struct cpus *cpus, unsigned int cpu);
unsigned int cpus__count(const struct cpus *cpus);
/* Removes those that are not in `others` too. */
void cpus__keep(struct cpus *cpus, const struct cpus *others);
/* The nth CPU of the set, from 0; -1: it has fewer. */
int cpus__nth(const struct cpus *cpus, unsigned int nth);

/*
 * Parses "0-3,7,8-126:2", as taskset and the kernel write it: every CPU once, in ascending order.
 * -EINVAL, with the reason in *why, or NULL there if it is not a list at all.
 */
int cpus__parse(struct cpus *cpus, const char *list, const char **why);

/* Of a thread; 0 is the calling one. -errno; -EINVAL: the kernel has more CPUs than CPUS_MAX. */
int cpus__get_affinity(pid_t tid, struct cpus *cpus);
int cpus__set_affinity(pid_t tid, const struct cpus *cpus);
int cpus__set_affinity_to(pid_t tid, unsigned int cpu);

#endif
