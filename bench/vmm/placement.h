/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a VM runs on the host: the CPUs of its threads, the NUMA node of its memory. */
#ifndef HVBENCH_PLACEMENT_H
#define HVBENCH_PLACEMENT_H

#include <sys/types.h>

#include "bench/plan/config.h"

/*
 * Sets config->pin to what pin=all and numa= mean, out of the CPUs that the calling thread may use;
 * so it must not be called from a pinned thread. With numa= alone all threads share the set, and
 * `pinned` stays false. -EOPNOTSUPP: there is no such node, or we may use none of its CPUs.
 */
int placement__settle(struct config *config, struct error *err);
/*
 * Keeps the CPUs of the node, as listed below `root`. -EOPNOTSUPP: no such node, or no CPU is left.
 */
int placement__keep_node(struct cpus *cpus, const char *root, int node, struct error *err);
/* How many CPUs may run vCPU threads; a setting that placement__settle() refuses is ignored. */
unsigned int placement__nr_cpus(const struct config *config);

/*
 * Memory that has no pages yet gets them from the node; NUMA_NONE: from anywhere.
 * `huge_page_bytes`: the size of reserved pages (hugetlbfs), else 0; the node has to have enough of
 * them, since a process that finds none is killed. -EOPNOTSUPP: it has no memory, or not enough
 * reserved pages.
 */
int placement__bind_memory(void *start, uint64_t bytes, int node, uint64_t huge_page_bytes,
			   struct error *err);

/* Gives a thread (0: the calling one) the scheduling class of the configuration. */
int placement__set_class(const struct config *config, pid_t tid, struct error *err);
/* Restricts the thread to the CPU that config.pin has for this number, or to the node's CPUs. */
int placement__pin_thread(const struct config *config, pid_t tid, unsigned int number,
			  struct error *err);

#endif
