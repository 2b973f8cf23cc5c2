// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What keeps one thread, which runs a vCPU, from running its guest: a list of stretches of time,
 * each with its cause. Nothing is done for other threads than to look whether they are this one.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "probes/pidns.bpf.h"
#include "probes/stops_layout.h"

char LICENSE[] SEC("license") = "GPL";

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct task_struct {
	char comm[16];
};
#pragma clang attribute pop

const volatile __u64 watched; /* tgid << 32 | tid, as in /proc */

__u64 nr;   /* stops so far; those from STOPS_MAX on are lost */
__u64 task; /* address of the thread's task, once it was seen */

__u64 since[STOP_NR_KINDS]; /* when it began; 0: it did not */
__u32 number[STOP_NR_KINDS];
char who[16];

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STOPS_MAX);
	__type(key, __u32);
	__type(value, struct stop);
} stops SEC(".maps");

static __always_inline bool is_ours(void)
{
	return pidns__current() == watched;
}

static __always_inline void begins(__u32 kind, __u32 n)
{
	since[kind] = bpf_ktime_get_ns();
	number[kind] = n;
}

static __always_inline void ends(__u32 kind)
{
	struct stop *s;
	__u32 at;

	if (!since[kind])
		return;
	at = (__u32)__sync_fetch_and_add(&nr, 1);
	s = bpf_map_lookup_elem(&stops, &at);
	if (s) {
		s->from_ns = since[kind];
		s->to_ns = bpf_ktime_get_ns();
		s->kind = kind;
		s->number = number[kind];
		if (kind == STOP_OFF)
			__builtin_memcpy(s->who, who, sizeof(who));
	}
	since[kind] = 0;
}

SEC("raw_tp/sched_switch")
int on_switch(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *prev = (void *)ctx->args[1], *next = (void *)ctx->args[2];

	if (is_ours()) {
		task = (__u64)prev;
		/* The one that it makes room for; others may follow. */
		bpf_probe_read_kernel_str(who, sizeof(who), &next->comm);
		begins(STOP_OFF, 0);
	} else if (task && (__u64)next == task) {
		ends(STOP_OFF);
	}
	return 0;
}

SEC("raw_tp/irq_handler_entry")
int on_irq_begin(struct bpf_raw_tracepoint_args *ctx)
{
	if (is_ours())
		begins(STOP_IRQ, (__u32)ctx->args[0]);
	return 0;
}

SEC("raw_tp/irq_handler_exit")
int on_irq_end(void *ctx)
{
	if (is_ours())
		ends(STOP_IRQ);
	return 0;
}

SEC("raw_tp/softirq_entry")
int on_softirq_begin(struct bpf_raw_tracepoint_args *ctx)
{
	if (is_ours())
		begins(STOP_SOFTIRQ, (__u32)ctx->args[0]);
	return 0;
}

SEC("raw_tp/softirq_exit")
int on_softirq_end(void *ctx)
{
	if (is_ours())
		ends(STOP_SOFTIRQ);
	return 0;
}

#define PAIR(tracepoint_begin, tracepoint_end, kind) \
	SEC("raw_tp/" #tracepoint_begin) \
	int on_##tracepoint_begin(void *ctx) \
	{ \
		if (is_ours()) \
			begins(kind, 0); \
		return 0; \
	} \
	SEC("raw_tp/" #tracepoint_end) \
	int on_##tracepoint_end(void *ctx) \
	{ \
		if (is_ours()) \
			ends(kind); \
		return 0; \
	}
PAIR(local_timer_entry, local_timer_exit, STOP_TIMER)
PAIR(reschedule_entry, reschedule_exit, STOP_RESCHEDULE)
PAIR(call_function_entry, call_function_exit, STOP_CALL)
PAIR(call_function_single_entry, call_function_single_exit, STOP_CALL)
PAIR(irq_work_entry, irq_work_exit, STOP_WORK)
PAIR(kvm_exit, kvm_entry, STOP_EXIT)
