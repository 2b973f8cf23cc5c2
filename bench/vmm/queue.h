/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's half of a queue in shared memory (workloads/queue.h): a thread that answers requests.
 */
#ifndef HVBENCH_VMM_QUEUE_H
#define HVBENCH_VMM_QUEUE_H

#include <stdbool.h>

#include "bench/base/error.h"

struct vm;
struct queue;

/*
 * For a VM that has an ioeventfd, an irqfd, and a struct hv_queue at the beginning of its arena.
 * `polls`: the thread never sleeps.
 */
int queue__start(struct queue **out, struct vm *vm, bool polls, struct error *err);
void queue__stop(struct queue *q); /* NULL: nothing */

#endif
