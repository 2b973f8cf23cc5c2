// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/vmm/queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench/vmm/vhost.h"
#include "bench/vmm/vm.h"
#include "bench/vmm/vsock.h"
#include "workloads/queue.h"

#define YIELD_EVERY 256 /* empty looks of a thread that polls: its CPU may be the vCPU's */

struct queue {
	const struct queue_answers *how; /* NULL: vhost does it */
	void *shared, *state;
	int kick, irq;
	int stop_fd; /* wakes the thread to end */
	volatile int stop;
	bool polls;
	pthread_t thread;
	bool running;
	struct vhost *vhost;
};

static uint32_t queue_answer(void *shared, void *state, bool *wake)
{
	struct hv_queue *s = shared;
	uint32_t *used = state, n = __atomic_load_n(&s->avail, __ATOMIC_ACQUIRE) - *used;

	if (n > HV_QUEUE_ENTRIES)
		n = HV_QUEUE_ENTRIES;
	for (uint32_t i = 0; i < n; i++, ++*used) {
		struct hv_request *r = &s->requests[*used % HV_QUEUE_ENTRIES];

		r->word[1] = r->word[0];
	}
	if (!n)
		return 0;
	__atomic_store_n(&s->used, *used, __ATOMIC_RELEASE);
	/* Whether the guest waits must be read after it can see the answers. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*wake = __atomic_load_n(&s->guest_waits, __ATOMIC_ACQUIRE);
	return n;
}

static void queue_set_awake(void *shared, bool awake)
{
	struct hv_queue *s = shared;

	__atomic_store_n(&s->host_awake, awake, __ATOMIC_RELEASE);
}

static bool queue_pending(const void *shared, const void *state)
{
	const struct hv_queue *s = shared;

	return __atomic_load_n(&s->avail, __ATOMIC_ACQUIRE) != *(const uint32_t *)state;
}

static const struct queue_answers queue_answers = {
	.state_bytes = sizeof(uint32_t),
	.answer = queue_answer,
	.set_awake = queue_set_awake,
	.pending = queue_pending,
};

static void sleep_until_kicked(struct queue *q)
{
	struct pollfd fds[2] = { { .fd = q->kick, .events = POLLIN },
				 { .fd = q->stop_fd, .events = POLLIN } };
	uint64_t count;

	q->how->set_awake(q->shared, false);
	/* A request put in before that was seen has no notification. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!q->how->pending(q->shared, q->state))
		poll(fds, 2, -1);
	if (read(q->kick, &count, sizeof(count)) < 0 && errno != EAGAIN)
		q->stop = 1;
	q->how->set_awake(q->shared, true);
}

static uint32_t answer(struct queue *q)
{
	const uint64_t one = 1;
	bool wake = false;
	uint32_t n = q->how->answer(q->shared, q->state, &wake);

	/* The guest sees to it itself that one interrupt is enough. */
	if (wake && write(q->irq, &one, sizeof(one)) < 0)
		return n;
	return n;
}

static void *serve(void *arg)
{
	struct queue *q = arg;
	unsigned int empty = 0;

	q->how->set_awake(q->shared, true);
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

static int start_thread(struct queue *q, struct error *err)
{
	int ret;

	q->state = calloc(1, q->how->state_bytes);
	if (!q->state)
		return error__set(err, -ENOMEM, "out of memory");
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

int queue__start(struct queue **out, struct vm *vm, enum workload_queue kind, struct error *err)
{
	struct queue *q = calloc(1, sizeof(*q));

	*out = q;
	if (!q)
		return error__set(err, -ENOMEM, "out of memory");
	q->stop_fd = -1;
	q->shared = vm->arena.host;
	q->kick = vm->ioeventfd;
	q->irq = vm->irqfd;
	q->polls = kind == QUEUE_POLLS;
	if (kind == QUEUE_VSOCK || kind == QUEUE_VHOST)
		((struct hv_vsock *)q->shared)->cid = VHOST_FIRST_CID;
	if (kind == QUEUE_VHOST)
		return vhost__start(&q->vhost, vm, err);
	q->how = kind == QUEUE_VSOCK ? &vsock_answers : &queue_answers;
	return start_thread(q, err);
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
	vhost__stop(q->vhost);
	free(q->state);
	free(q);
}
