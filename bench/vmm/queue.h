/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who answers what a guest puts into queues in its arena: a thread (workloads/queue.h,
 * workloads/vsock.h), or the kernel's vhost.
 */
#ifndef HVBENCH_VMM_QUEUE_H
#define HVBENCH_VMM_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "workloads/workload.h"

struct vm;
struct queue;

/*
 * For a VM that has an ioeventfd, an irqfd, and the queues at the beginning of its arena. *out is
 * for queue__stop() even after an error.
 */
int queue__start(struct queue **out, struct vm *vm, enum workload_queue kind, struct error *err);
void queue__stop(struct queue *q); /* NULL: nothing */

/* What a thread does with queues in `shared`, of which `state` is its own memory. */
struct queue_answers {
	size_t state_bytes;
	/*
	 * Answers all there is, and returns how many; sets *wake if the guest waits for them to be
	 * announced. The guest may have written anything.
	 */
	uint32_t (*answer)(void *shared, void *state, bool *wake);
	/* Whether the guest has to announce what it puts in. */
	void (*set_awake)(void *shared, bool awake);
	/* Whether there is something to answer. */
	bool (*pending)(const void *shared, const void *state);
};

#endif
