// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/vmm/queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench/vmm/vm.h"
#include "workloads/queue.h"

#define YIELD_EVERY 256 /* empty looks of a thread that polls: its CPU may be the vCPU's */

struct queue {
	struct hv_queue *shared;
	int kick, irq;
	int stop_fd; /* wakes the thread to end */
	volatile int stop;
	bool polls;
	uint32_t used;
	pthread_t thread;
	bool running;
};

/*
 * Answers all there is; returns how many there were. The guest may say that there are any number.
 */
static uint32_t answer(struct queue *q)
{
	struct hv_queue *s = q->shared;
	uint32_t n = __atomic_load_n(&s->avail, __ATOMIC_ACQUIRE) - q->used;

	if (n > HV_QUEUE_ENTRIES)
		n = HV_QUEUE_ENTRIES;
	for (uint32_t i = 0; i < n; i++, q->used++) {
		struct hv_request *r = &s->requests[q->used % HV_QUEUE_ENTRIES];

		r->word[1] = r->word[0];
	}
	if (!n)
		return 0;
	__atomic_store_n(&s->used, q->used, __ATOMIC_RELEASE);
	/* Whether the guest waits must be read after it can see the answers. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&s->guest_waits, __ATOMIC_ACQUIRE)) {
		uint64_t one = 1;

		/* It sees to it itself that one interrupt is enough. */
		if (write(q->irq, &one, sizeof(one)) < 0)
			return n;
	}
	return n;
}

static void sleep_until_kicked(struct queue *q)
{
	struct pollfd fds[2] = { { .fd = q->kick, .events = POLLIN },
				 { .fd = q->stop_fd, .events = POLLIN } };
	uint64_t count;

	__atomic_store_n(&q->shared->host_awake, 0, __ATOMIC_RELEASE);
	/* A request put in before that was seen has no notification. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&q->shared->avail, __ATOMIC_ACQUIRE) == q->used)
		poll(fds, 2, -1);
	if (read(q->kick, &count, sizeof(count)) < 0 && errno != EAGAIN)
		q->stop = 1;
	__atomic_store_n(&q->shared->host_awake, 1, __ATOMIC_RELEASE);
}

static void *serve(void *arg)
{
	struct queue *q = arg;
	unsigned int empty = 0;

	__atomic_store_n(&q->shared->host_awake, 1, __ATOMIC_RELEASE);
	while (!q->stop) {
		if (answer(q))
			empty = 0;
		else if (!q->polls)
			sleep_until_kicked(q);
		else if (++empty % YIELD_EVERY == 0)
			sched_yield();
	}
	return NULL;
}

int queue__start(struct queue **out, struct vm *vm, bool polls, struct error *err)
{
	struct queue *q = calloc(1, sizeof(*q));
	int ret;

	*out = q;
	if (!q)
		return error__set(err, -ENOMEM, "out of memory");
	q->shared = vm->arena.host;
	q->kick = vm->ioeventfd;
	q->irq = vm->irqfd;
	q->polls = polls;
	q->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (q->stop_fd < 0)
		return error__set(err, -errno, "eventfd: %s", strerror(errno));
	ret = pthread_create(&q->thread, NULL, serve, q);
	if (ret) {
		error__set(err, -ret, "starting the thread behind the queue: %s", strerror(ret));
		return error__advise_start(err, -ret);
	}
	q->running = true;
	pthread_setname_np(q->thread, "queue");
	return 0;
}

void queue__stop(struct queue *q)
{
	uint64_t one = 1;

	if (!q)
		return;
	q->stop = 1;
	if (q->running && write(q->stop_fd, &one, sizeof(one)) == sizeof(one))
		pthread_join(q->thread, NULL);
	if (q->stop_fd >= 0)
		close(q->stop_fd);
	free(q);
}
