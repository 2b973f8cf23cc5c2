/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The round trip of a real paravirtual device: the guest asks through a vsock device's virtqueues
 * to be connected to a port of the host that nobody listens to, and is refused. Each request is a
 * packet of 44 bytes in one queue, each refusal one in the other.
 *
 *   by=thread  a thread of the VMM answers, which sleeps on the eventfd of the doorbell
 *   by=vhost   the kernel's vhost-vsock does, in its own thread: no exit to the VMM, no system
 *              call; on top of the queues' work is that of the kernel's socket layer, which looks
 *              for a socket and makes the refusal
 *
 * The guest's half is the same for both, and their difference is what vhost costs or saves. Kicks
 * are suppressed while the host is at work (used.flags), interrupts while the guest is
 * (avail.flags). One operation is a request refused; with depth=1 the figure is a round trip's
 * latency. `virtqueue` is the same with one queue and nothing behind it. Where the host has no
 * /dev/vhost-vsock by=vhost is skipped.
 *
 * The host's half: bench/vmm/vsock.c, bench/vmm/vhost.c
 */
#include "arch.h"
#include "workloads/vsock.h"
#include "workloads/workload.h"

#define DEPTH	       0
#define BATCH	       1
#define BY	       2
#define DONE	       3
#define BY_VHOST       1
#define DONE_INTERRUPT 1
#define SEEN	       0 /* word of ctx->state */

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

static void prepare(struct hv_vsock *v)
{
	for (uint32_t i = 0; i < HV_VSOCK_ENTRIES; i++) {
		struct hv_vsock_packet *p = &v->sent[i];
		uint64_t gpa = HV_ARENA_GPA - (uint64_t)v;

		*p = (struct hv_vsock_packet){ .src_cid = v->cid,
					       .dst_cid = HV_VSOCK_HOST,
					       .dst_port = HV_VSOCK_PORT,
					       .type = HV_VSOCK_STREAM,
					       .op = HV_VSOCK_REQUEST };
		v->tx.desc[i] =
			(struct hv_vring_desc){ .addr = gpa + (uint64_t)p, .bytes = sizeof(*p) };
		v->rx.desc[i] = (struct hv_vring_desc){ .addr = gpa + (uint64_t)&v->received[i],
							.bytes = sizeof(*p),
							.flags = HV_DESC_WRITE };
		v->tx.avail[i] = v->rx.avail[i] = (uint16_t)i;
	}
	v->tx.avail_flags = v->rx.avail_flags = HV_RING_NO_INTERRUPT;
}

static void take_back(struct hv_vsock *v, uint16_t seen)
{
	__atomic_store_n(&v->rx.avail_idx, (uint16_t)(seen + HV_VSOCK_ENTRIES), __ATOMIC_RELEASE);
}

static int setup(struct workload_ctx *ctx)
{
	struct hv_vsock *v = (struct hv_vsock *)ctx->arena;

	if (ctx->params[BATCH] > ctx->params[DEPTH])
		return HV_REFUSED_PARAMETER;
	if (!v->tx.avail_flags)
		prepare(v);
	/* An earlier command may have left requests under way. */
	while (__atomic_load_n(&v->rx.used_idx, __ATOMIC_ACQUIRE) != v->tx.avail_idx)
		arch_pause();
	ctx->state[SEEN] = v->tx.avail_idx;
	take_back(v, v->tx.avail_idx);
	return HV_REFUSED_NONE;
}

static void submit(struct hv_vsock *v, uint32_t n)
{
	uint16_t idx = v->tx.avail_idx;

	for (uint32_t i = 0; i < n; i++, idx++)
		v->sent[idx % HV_VSOCK_ENTRIES].src_port = idx;
	__atomic_store_n(&v->tx.avail_idx, idx, __ATOMIC_RELEASE);
	/* What the host says about notifications must be read after it can see the requests. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!(__atomic_load_n(&v->tx.used_flags, __ATOMIC_RELAXED) & HV_RING_NO_NOTIFY))
		arch_mmio_write32(HV_MMIO_IOEVENTFD, 0);
}

/* Waits until the host has answered more than `seen` requests. */
static void await(struct hv_vsock *v, uint16_t seen, bool halt)
{
	struct irq_slot *slot = &irq_slots[HV_VECTOR_INJECT];

	while (__atomic_load_n(&v->rx.used_idx, __ATOMIC_ACQUIRE) == seen) {
		uint64_t count = slot->count;

		if (!halt)
			continue;
		__atomic_store_n(&v->rx.avail_flags, 0, __ATOMIC_RELEASE);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (__atomic_load_n(&v->rx.used_idx, __ATOMIC_ACQUIRE) == seen)
			ring0(ring0_halt_until_irq, (void *)HV_VECTOR_INJECT, count);
		__atomic_store_n(&v->rx.avail_flags, HV_RING_NO_INTERRUPT, __ATOMIC_RELEASE);
	}
}

/* The queue is kept full from one call to the next, as in virtqueue.c. */
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	struct hv_vsock *v = (struct hv_vsock *)ctx->arena;
	uint32_t depth = (uint32_t)ctx->params[DEPTH], batch = (uint32_t)ctx->params[BATCH];
	bool halt = ctx->params[DONE] == DONE_INTERRUPT;
	uint16_t seen = (uint16_t)ctx->state[SEEN], used;
	uint64_t sum = 0;

	while (n) {
		while (depth - (uint16_t)(v->tx.avail_idx - seen) >= batch)
			submit(v, batch);
		await(v, seen, halt);
		used = __atomic_load_n(&v->rx.used_idx, __ATOMIC_ACQUIRE);
		for (; seen != used && n; seen++, n--)
			sum += v->received[seen % HV_VSOCK_ENTRIES].dst_port;
		take_back(v, seen);
	}
	ctx->state[SEEN] = seen;
	return sum;
}
#endif

static uint64_t arena_bytes(const uint64_t *params)
{
	(void)params;
	return sizeof(struct hv_vsock);
}

/* As for virtqueue. */
static uint64_t shared_by(const uint64_t *params)
{
	return params[DEPTH];
}

static enum workload_queue queue(const uint64_t *params)
{
	return params[BY] == BY_VHOST ? QUEUE_VHOST : QUEUE_VSOCK;
}

static const char *const bys[] = { "thread", "vhost", NULL };
static const char *const dones[] = { "poll", "interrupt", NULL };

DEFINE_WORKLOAD(workload_vsock) = {
	.name = "vsock",
	.what = "a request through a vsock device's queues, refused by a thread of the VMM, or by "
		"vhost",
	.group = GROUP_IO,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.one_vcpu = true,
	.needs = NEEDS_LAPIC | NEEDS_QUEUE,
	.exits_note = "EPT_MISCONFIG (npf) for each kick that is not suppressed; HLT and an "
		      "interrupt where the guest waits",
	.params = {
		{ "depth", "requests under way", PARAM_COUNT, 1, 1, HV_VSOCK_ENTRIES, NULL },
		{ "batch", "requests put in at once", PARAM_COUNT, 1, 1, HV_VSOCK_ENTRIES, NULL },
		{ "by", "who answers", PARAM_CHOICE, 0, 0, 0, bys },
		{ "done", "how the guest learns of answers", PARAM_CHOICE, 0, 0, 0, dones },
	},
	.arena_bytes = arena_bytes,
	.setup = GUEST_ONLY(setup),
	.shared_by = shared_by,
	.queue = queue,
	.run = GUEST_ONLY(run),
};
