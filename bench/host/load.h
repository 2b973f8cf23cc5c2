/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Background load: threads that only keep CPUs busy, in the default scheduling class (SCHED_OTHER),
 * on the CPUs that the caller may use.
 */
#ifndef HVBENCH_LOAD_H
#define HVBENCH_LOAD_H

#include <pthread.h>
#include <stdbool.h>

#include "bench/base/error.h"

struct load {
	pthread_t *threads;
	unsigned int nr;
	unsigned int running; /* threads that have begun; atomic */
	bool stop;	      /* atomic */
};

/* Returns once all of them run. 0 threads are allowed. After an error there is nothing to stop. */
int load__start(struct load *load, unsigned int nr, struct error *err);
/* A load of all zeros is allowed. */
void load__stop(struct load *load);

#endif
