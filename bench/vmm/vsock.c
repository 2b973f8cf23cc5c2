// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/vmm/vsock.h"

#include <string.h>

#include "workloads/abi.h"

struct state {
	uint16_t taken, filled; /* of tx, and of rx */
};

/* The packet behind a descriptor; NULL: it is none, or not within the device's part of memory. */
static struct hv_vsock_packet *packet_of(struct hv_vsock *v, struct hv_vring *ring, uint16_t at)
{
	uint16_t id = __atomic_load_n(&ring->avail[at % HV_VSOCK_ENTRIES], __ATOMIC_RELAXED);
	const struct hv_vring_desc *desc = &ring->desc[id % HV_VSOCK_ENTRIES];
	/* Read once: the guest may write while it is being checked. */
	uint64_t offset = __atomic_load_n(&desc->addr, __ATOMIC_RELAXED) - HV_ARENA_GPA;
	uint32_t bytes = __atomic_load_n(&desc->bytes, __ATOMIC_RELAXED);

	if (bytes < sizeof(struct hv_vsock_packet) || bytes > sizeof(*v) ||
	    offset > sizeof(*v) - bytes)
		return NULL;
	return (struct hv_vsock_packet *)((uint8_t *)v + offset);
}

static void put_used(struct hv_vring *ring, uint16_t at, uint32_t bytes)
{
	ring->used[at % HV_VSOCK_ENTRIES] = (struct hv_vring_used){
		.id = ring->avail[at % HV_VSOCK_ENTRIES],
		.bytes = bytes,
	};
}

static struct hv_vsock_packet refusal_of(const struct hv_vsock_packet *p)
{
	return (struct hv_vsock_packet){
		.src_cid = p->dst_cid,
		.dst_cid = p->src_cid,
		.src_port = p->dst_port,
		.dst_port = p->src_port,
		.type = p->type,
		.op = HV_VSOCK_RESET,
	};
}

static uint32_t answer(void *shared, void *state, bool *wake)
{
	struct hv_vsock *v = shared;
	struct state *s = state;
	uint16_t n = __atomic_load_n(&v->tx.avail_idx, __ATOMIC_ACQUIRE) - s->taken;
	uint16_t room = __atomic_load_n(&v->rx.avail_idx, __ATOMIC_ACQUIRE) - s->filled;

	n = n < room ? n : room;
	if (n > HV_VSOCK_ENTRIES)
		n = HV_VSOCK_ENTRIES;
	if (!n)
		return 0;
	for (uint16_t i = 0; i < n; i++, s->taken++, s->filled++) {
		struct hv_vsock_packet *in = packet_of(v, &v->tx, s->taken), *out, packet;

		out = packet_of(v, &v->rx, s->filled);
		if (in && out) {
			packet = *in;
			*out = refusal_of(&packet);
		}
		put_used(&v->tx, s->taken, 0);
		put_used(&v->rx, s->filled, sizeof(packet));
	}
	__atomic_store_n(&v->tx.used_idx, s->taken, __ATOMIC_RELEASE);
	__atomic_store_n(&v->rx.used_idx, s->filled, __ATOMIC_RELEASE);
	/* Whether the guest waits must be read after it can see the answers. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*wake = !(__atomic_load_n(&v->rx.avail_flags, __ATOMIC_ACQUIRE) & HV_RING_NO_INTERRUPT);
	return n;
}

static void set_awake(void *shared, bool awake)
{
	struct hv_vsock *v = shared;

	__atomic_store_n(&v->tx.used_flags, awake ? HV_RING_NO_NOTIFY : 0, __ATOMIC_RELEASE);
}

static bool pending(const void *shared, const void *state)
{
	const struct hv_vsock *v = shared;
	const struct state *s = state;

	return __atomic_load_n(&v->tx.avail_idx, __ATOMIC_ACQUIRE) != s->taken &&
	       __atomic_load_n(&v->rx.avail_idx, __ATOMIC_ACQUIRE) != s->filled;
}

const struct queue_answers vsock_answers = {
	.state_bytes = sizeof(struct state),
	.answer = answer,
	.set_awake = set_awake,
	.pending = pending,
};
