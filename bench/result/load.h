/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How busy the host was while a result was measured, and what of two results that explains: a cost
 * that moved because others needed the CPUs is no change of what was measured.
 */
#ifndef HVBENCH_RESULT_LOAD_H
#define HVBENCH_RESULT_LOAD_H

#include <jansson.h>
#include <stdbool.h>

/* NAN: not known. */
struct load {
	double cpus;	/* that could be used */
	double own;	/* CPUs that the measurement used */
	double others;	/* that others used, or a hypervisor below took */
	double average; /* the host's load average before it */
};

/* Of a result document. */
struct load load__of(const json_t *doc);

/*
 * All CPUs were busy. How many tasks waited for one is not known then: others have what is left,
 * however many they are.
 */
bool load__is_saturated(const struct load *load);
/* Others needed more, or less, of the CPUs; where that is not known, the load average says it. */
bool load__unlike(const struct load *a, const struct load *b);

/*
 * Whether unlike load may be all that made a figure of this group (exit, memory, sched …) differ.
 * It may for a cost, and for a ratio where the cell depends on other tasks, as wake-ups, halt
 * polling and what the host does for a VM do. An exit and its reference take turns on one CPU, and
 * so do those of memory; but caches and memory are shared with the tasks of other CPUs, so that
 * with all CPUs busy only the ratio of an exit is not explained by load.
 */
bool load__explains(const char *group, bool is_ratio, bool saturated);

#endif
