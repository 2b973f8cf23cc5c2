// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scheduling of vCPU threads: how long they waited for a CPU, were preempted, slept, and migrated.
 *
 * A thread that is switched out while KVM has a preemption notifier on it is inside KVM_RUN, so it
 * runs a vCPU, whatever its name is; from then on it is watched. No code runs per exit.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "probes/kvm_types.h"
#include "probes/pidns.bpf.h"
#include "probes/sched_layout.h"

char LICENSE[] SEC("license") = "GPL";

const volatile bool filtered; /* only the processes in `targets` */

__u64 lost; /* threads for which there was no room */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64); /* address of the task */
	__type(value, struct sched_thread);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} targets SEC(".maps");

/* Zeroes, copied for new threads: too large for the stack. */
const struct sched_thread nothing;

static __always_inline bool runnable(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return !BPF_CORE_READ(task, __state);
	return !BPF_CORE_READ((struct task_struct___state *)task, state);
}

/* The pointer may have been reused for another thread. */
static __always_inline struct sched_thread *thread__find(struct task_struct *task)
{
	__u64 key = (__u64)task;
	struct sched_thread *t = bpf_map_lookup_elem(&threads, &key);

	return t && t->tid == (__u32)BPF_CORE_READ(task, pid) ? t : NULL;
}

/* Called for the current task, which is about to be switched out or has ended a halt. */
static __noinline struct sched_thread *thread__new(struct task_struct *task)
{
	__u32 tgid = pidns__current() >> 32;
	__u64 key = (__u64)task;
	struct sched_thread *t;

	if (filtered && !bpf_map_lookup_elem(&targets, &tgid))
		return NULL;
	if (bpf_map_update_elem(&threads, &key, &nothing, BPF_ANY)) {
		__sync_fetch_and_add(&lost, 1);
		return NULL;
	}
	t = bpf_map_lookup_elem(&threads, &key);
	if (!t)
		return NULL;
	t->tgid = tgid;
	t->tid = BPF_CORE_READ(task, pid);
	t->cpu = bpf_get_smp_processor_id();
	return t;
}

static __always_inline void switch_out(struct task_struct *task, bool preempted, __u64 now)
{
	struct sched_thread *t = thread__find(task);

	if (!t) {
		if (!BPF_CORE_READ(task, preempt_notifiers.first))
			return;
		t = thread__new(task);
		if (!t)
			return;
	}
	if (t->on_since_ns)
		t->on_ns += now - t->on_since_ns;
	t->on_since_ns = 0;
	t->off_since_ns = now;
	t->runnable_since_ns = 0;
	t->woken = 0;
	t->switches++;
	if (preempted || runnable(task)) {
		t->preemptions++;
		t->runnable_since_ns = now;
	}
}

static __always_inline void switch_in(struct task_struct *task, __u64 now)
{
	struct sched_thread *t = thread__find(task);
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 waited;

	if (!t)
		return;
	if (t->runnable_since_ns) {
		waited = now - t->runnable_since_ns;
		t->wait_ns += waited;
		if (waited > t->wait_max_ns)
			t->wait_max_ns = waited;
		bucket__count(t, offsetof(struct sched_thread, wait), waited);
		if (t->woken)
			bucket__count(t, offsetof(struct sched_thread, wake), waited);
		if (t->off_since_ns)
			t->blocked_ns += t->runnable_since_ns - t->off_since_ns;
	} else if (t->off_since_ns) {
		t->blocked_ns += now - t->off_since_ns;
	}
	if (t->cpu != cpu)
		t->migrations++;
	t->cpu = cpu;
	t->on_since_ns = now;
	t->off_since_ns = 0;
	t->runnable_since_ns = 0;
}

SEC("raw_tp/sched_switch")
int on_switch(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 now = bpf_ktime_get_ns();

	switch_out((struct task_struct *)ctx->args[1], ctx->args[0], now);
	switch_in((struct task_struct *)ctx->args[2], now);
	return 0;
}

SEC("raw_tp/sched_wakeup")
int on_wakeup(struct bpf_raw_tracepoint_args *ctx)
{
	struct sched_thread *t = thread__find((struct task_struct *)ctx->args[0]);

	/* Woken before it was switched out: it never lost its CPU. */
	if (!t || !t->off_since_ns || t->runnable_since_ns)
		return 0;
	t->runnable_since_ns = bpf_ktime_get_ns();
	t->woken = 1;
	t->wakeups++;
	return 0;
}

SEC("raw_tp/kvm_vcpu_wakeup")
int on_halt_end(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct sched_thread *t = thread__find(task);
	__u64 ns = ctx->args[0];

	if (!t) {
		t = thread__new(task);
		if (!t)
			return 0;
	}
	if ((__u8)ctx->args[1]) {
		t->waited++;
		t->waited_ns += ns;
		bucket__count(t, offsetof(struct sched_thread, halt), ns);
	} else {
		t->polled++;
		t->polled_ns += ns;
	}
	return 0;
}
