/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where on the host a VM lives: the CPUs of its threads, the NUMA node of its memory.
 */
#ifndef HVBENCH_PLACEMENT_H
#define HVBENCH_PLACEMENT_H

#include <sys/types.h>

#include "bench/plan/config.h"

/*
 * Fills config->pin with what pin=all and numa= come to, from the CPUs that the calling thread may use;
 * so not from one that is pinned already. With numa= alone the set is for all threads together, and
 * `pinned` stays false. -EOPNOTSUPP: no such node, or none of its CPUs is for us.
 */
int placement__settle(struct config *config, struct error *err);
/* Keeps those of the node, by what lies below `root`. -EOPNOTSUPP: no such node, or none is left. */
int placement__keep_node(struct cpus *cpus, const char *root, int node, struct error *err);
/* How many CPUs may run vCPU threads; what placement__settle() refuses counts as if it were not asked for. */
unsigned int placement__nr_cpus(const struct config *config);

/*
 * Memory that has no pages yet gets them from the node; NUMA_NONE: from anywhere. `huge_page_bytes`: of
 * reserved pages (hugetlbfs), which the node has to have, since a process that finds none is killed; else
 * 0. -EOPNOTSUPP: it has no memory, or not enough reserved pages.
 */
int placement__bind_memory(void *start, uint64_t bytes, int node, uint64_t huge_page_bytes,
			   struct error *err);

/* Gives a thread (0: the calling one) the scheduling class of the configuration. */
int placement__set_class(const struct config *config, pid_t tid, struct error *err);
/* Restricts it to the CPU that config.pin has for this number, or to the node's. */
int placement__pin_thread(const struct config *config, pid_t tid, unsigned int number, struct error *err);

#endif
