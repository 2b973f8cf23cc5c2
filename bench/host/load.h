/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Background load: threads that do nothing but keep a CPU busy, in the scheduling class of everybody
 * (SCHED_OTHER), on the CPUs that the caller may use.
 */
#ifndef HVBENCH_LOAD_H
#define HVBENCH_LOAD_H

#include <pthread.h>
#include <stdbool.h>

#include "bench/base/error.h"

struct load {
	pthread_t *threads;
	unsigned int nr;
	unsigned int running; /* have begun; atomic */
	bool stop; /* atomic */
};

/* Returns when all of them run. 0 threads are fine. After an error there is nothing to stop. */
int load__start(struct load *load, unsigned int nr, struct error *err);
/* Also of one that is all zeros. */
void load__stop(struct load *load);

#endif
