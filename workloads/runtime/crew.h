/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vCPUs that measure the same workload at the same time (parallel=): a barrier in memory, and what
 * their leader, member 0, decides for all. Who waits spins, without PAUSE: a CPU with pause-loop
 * exiting would exit because of it, and those exits would be counted as the workload's.
 */
#ifndef HVBENCH_RUNTIME_CREW_H
#define HVBENCH_RUNTIME_CREW_H

#include <stdint.h>

struct crew {
	uint32_t size;
	uint32_t arrived;    /* at the barrier */
	uint32_t generation; /* of the barrier */
	uint32_t done;	     /* members that have all of their samples */
	uint32_t finished;   /* the leader needs no company any more */
	uint32_t refusal;    /* enum hv_refusal: of the first member that refused */
	uint32_t overhang;   /* see hv_status: of all members */
	uint32_t samples;
	uint64_t ops_per_sample;
};

/* Returns once all members are here. */
static inline void crew__meet(struct crew *c)
{
	uint32_t generation = __atomic_load_n(&c->generation, __ATOMIC_ACQUIRE);

	if (__atomic_add_fetch(&c->arrived, 1, __ATOMIC_ACQ_REL) == c->size) {
		__atomic_store_n(&c->arrived, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&c->generation, generation + 1, __ATOMIC_RELEASE);
		return;
	}
	while (__atomic_load_n(&c->generation, __ATOMIC_ACQUIRE) == generation)
		;
}

#endif
