/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The round trip of a paravirtual device without the device: requests through a queue in shared
 * memory, as virtio has them, to a thread of the host that only answers. The guest puts `batch`
 * requests of 64 bytes into the queue, tells the host by a write to an address bound to an eventfd,
 * keeps up to `depth` of them under way, and takes the answers out. Both sides say when they need
 * no notification: the thread while it is at work, the guest while it is.
 *
 *   host=eventfd  the thread sleeps on the eventfd when the queue is empty
 *   host=poll     it looks at the queue all the time, and nobody has to tell it
 *   done=poll        the guest looks for answers all the time
 *   done=interrupt   it halts, and the thread wakes it through an irqfd
 *
 * One operation is a request answered. With depth=1 the figure is a round trip's latency; with
 * more, its inverse is operations a second. Exits per operation say how many notifications were
 * left over. `mmio-ioeventfd` and `inject` are the two ways alone; ISCA 2016 I/O latency out and
 * in. What data costs on top (copies, storage, networks) is none of it. `vsock` is a real device's
 * queues, with the kernel's vhost behind them or a thread.
 *
 * The host's half: bench/vmm/queue.c
 */
#include "arch.h"
#include "workloads/queue.h"
#include "workloads/workload.h"

#define DEPTH	       0
#define BATCH	       1
#define HOST	       2
#define DONE	       3
#define DONE_INTERRUPT 1
#define SEEN	       0 /* word of ctx->state */

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

static int setup(struct workload_ctx *ctx)
{
	/* An earlier command may have left requests under way. */
	ctx->state[SEEN] = ((struct hv_queue *)ctx->arena)->used;
	return ctx->params[BATCH] > ctx->params[DEPTH] ? HV_REFUSED_PARAMETER : HV_REFUSED_NONE;
}

static void submit(struct hv_queue *q, uint32_t n)
{
	uint32_t avail = q->avail;

	for (uint32_t i = 0; i < n; i++, avail++)
		q->requests[avail % HV_QUEUE_ENTRIES].word[0] = avail;
	__atomic_store_n(&q->avail, avail, __ATOMIC_RELEASE);
	/* What the host says about notifications must be read after it can see the requests. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&q->host_awake, __ATOMIC_RELAXED))
		arch_mmio_write32(HV_MMIO_IOEVENTFD, 0);
}

/* Waits until the host has answered more than `seen` requests. */
static void await(struct hv_queue *q, uint32_t seen, bool halt)
{
	struct irq_slot *slot = &irq_slots[HV_VECTOR_INJECT];

	while (__atomic_load_n(&q->used, __ATOMIC_ACQUIRE) == seen) {
		uint64_t count = slot->count;

		if (!halt)
			continue;
		__atomic_store_n(&q->guest_waits, 1, __ATOMIC_RELEASE);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (__atomic_load_n(&q->used, __ATOMIC_ACQUIRE) == seen)
			ring0(ring0_halt_until_irq, (void *)HV_VECTOR_INJECT, count);
		__atomic_store_n(&q->guest_waits, 0, __ATOMIC_RELEASE);
	}
}

/*
 * The queue is kept full from one call to the next: a sample may have fewer operations than the
 * queue has places.
 */
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	struct hv_queue *q = (struct hv_queue *)ctx->arena;
	uint32_t depth = (uint32_t)ctx->params[DEPTH], batch = (uint32_t)ctx->params[BATCH];
	bool halt = ctx->params[DONE] == DONE_INTERRUPT;
	uint32_t seen = (uint32_t)ctx->state[SEEN], used;
	uint64_t sum = 0;

	while (n) {
		while (depth - (q->avail - seen) >= batch)
			submit(q, batch);
		await(q, seen, halt);
		used = __atomic_load_n(&q->used, __ATOMIC_ACQUIRE);
		for (; seen != used && n; seen++, n--)
			sum += q->requests[seen % HV_QUEUE_ENTRIES].word[1];
	}
	ctx->state[SEEN] = seen;
	return sum;
}
#endif

static uint64_t arena_bytes(const uint64_t *params)
{
	(void)params;
	return sizeof(struct hv_queue);
}

/* A round of the whole queue: answers come in bunches, and who finds one there pays nothing. */
static uint64_t shared_by(const uint64_t *params)
{
	return params[DEPTH];
}

static enum workload_queue queue(const uint64_t *params)
{
	return params[HOST] ? QUEUE_POLLS : QUEUE_SLEEPS;
}

static const char *const backends[] = { "eventfd", "poll", NULL };
static const char *const dones[] = { "poll", "interrupt", NULL };

DEFINE_WORKLOAD(workload_virtqueue) = {
	.name = "virtqueue",
	.what = "a request through a queue in shared memory, answered by a thread of the host",
	.group = GROUP_IO,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.one_vcpu = true,
	.needs = NEEDS_LAPIC | NEEDS_QUEUE,
	.exits_note = "EPT_MISCONFIG (npf) for each kick that is not suppressed; HLT and an "
		      "interrupt where the guest waits",
	.params = {
		{ "depth", "requests under way", PARAM_COUNT, 1, 1, HV_QUEUE_ENTRIES, NULL },
		{ "batch", "requests put in at once", PARAM_COUNT, 1, 1, HV_QUEUE_ENTRIES, NULL },
		{ "host", "how the host's thread learns of them", PARAM_CHOICE, 0, 0, 0,
		  backends },
		{ "done", "how the guest learns of answers", PARAM_CHOICE, 0, 0, 0, dones },
	},
	.arena_bytes = arena_bytes,
	.setup = GUEST_ONLY(setup),
	.shared_by = shared_by,
	.queue = queue,
	.run = GUEST_ONLY(run),
};
