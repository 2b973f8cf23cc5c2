// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who had the CPU while a vCPU's thread waited for it: each nanosecond of run-queue delay is put
 * down to the thread that ran on that CPU.
 *
 * All that is kept of a CPU and of the threads that wait for it changes only while the kernel holds
 * the lock of that CPU's run queue, as it does when these events fire: nothing here needs a lock.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "probes/kvm_types.h"
#include "probes/pidns.bpf.h"
#include "probes/culprits_layout.h"

char LICENSE[] SEC("license") = "GPL";

#define KERNEL_THREAD 0x00200000 /* PF_KTHREAD */

const volatile bool filtered; /* only the processes in `targets` */

__u64 lost_threads; /* vCPUs' threads for which there was no room */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64); /* address of the task */
	__type(value, struct culprit_victim);
} victims SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct culprit_cpu);
} cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, CULPRITS_ROWS);
	__type(key, __u32);
	__type(value, struct culprit_row);
} rows SEC(".maps");

/* Rows not in use yet, in their order. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, CULPRITS_ROWS);
	__type(value, __u32);
} free_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CULPRITS_ROWS);
	__type(key, struct culprit_key);
	__type(value, __u32);
} row_of SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} targets SEC(".maps");

/* The pointer may have been reused for another thread. */
static __always_inline struct culprit_victim *victim__find(struct task_struct *task)
{
	__u64 key = (__u64)task;
	struct culprit_victim *v = bpf_map_lookup_elem(&victims, &key);

	return v && v->kernel_tid == (__u32)BPF_CORE_READ(task, pid) ? v : NULL;
}

/* 0: there is none left. */
static __always_inline __u32 row__new(__u32 victim_tgid, __u32 victim_tid)
{
	struct culprit_row *row;
	__u32 at;

	if (bpf_map_pop_elem(&free_rows, &at))
		return 0;
	row = bpf_map_lookup_elem(&rows, &at);
	if (!row)
		return 0;
	row->victim_tgid = victim_tgid;
	row->victim_tid = victim_tid;
	row->who.kind = CULPRIT_UNKNOWN;
	row->used = 1;
	return at;
}

/* Called for the current task, which is about to be switched out. */
static __noinline struct culprit_victim *victim__new(struct task_struct *task)
{
	__u64 id = pidns__current(), key = (__u64)task;
	struct culprit_victim v = { .tgid = id >> 32, .tid = id };

	if (filtered && !bpf_map_lookup_elem(&targets, &v.tgid))
		return NULL;
	v.kernel_tid = BPF_CORE_READ(task, pid);
	v.others = row__new(v.tgid, v.tid);
	if (!v.others || bpf_map_update_elem(&victims, &key, &v, BPF_ANY)) {
		__sync_fetch_and_add(&lost_threads, 1);
		return NULL;
	}
	return bpf_map_lookup_elem(&victims, &key);
}

static __noinline void who__of(struct culprit_who *who, struct task_struct *task)
{
	who->tgid = BPF_CORE_READ(task, tgid);
	who->tid = BPF_CORE_READ(task, pid);
	bpf_probe_read_kernel(who->comm, sizeof(who->comm), &task->comm);
	who->kind = !who->tid					 ? CULPRIT_IDLE :
		    BPF_CORE_READ(task, flags) & KERNEL_THREAD	 ? CULPRIT_KERNEL :
		    BPF_CORE_READ(task, preempt_notifiers.first) ? CULPRIT_VCPU :
								   CULPRIT_TASK;
	/* Which number it has in a namespace is only told of the current thread. */
	if (pidns_ino && who->tid)
		who->tgid |= PIDNS_ELSEWHERE;
}

/* The turn of the current thread ends. */
static __always_inline void cpu__end_turn(struct culprit_cpu *cpu, struct task_struct *prev,
					  __u64 now)
{
	struct culprit_turn *turn = &cpu->turns[cpu->nr % CULPRITS_TURNS];
	__u64 id;

	turn->from_ns = cpu->since_ns;
	turn->to_ns = now;
	cpu->nr++;
	cpu->since_ns = now;
	if (!cpu->wanted) {
		turn->who.kind = CULPRIT_UNKNOWN;
		return;
	}
	who__of(&turn->who, prev);
	if (pidns_ino && turn->who.tid) {
		id = pidns__current();
		turn->who.tgid = id >> 32;
		turn->who.tid = id;
	}
}

/* The row for what a victim waits because of that one; if none is left, that of all others. */
static __always_inline struct culprit_row *row__of(__u32 victim, const struct culprit_who *who)
{
	struct culprit_key key = { .victim = victim, .tid = who->tid };
	struct culprit_row *others = bpf_map_lookup_elem(&rows, &victim), *row;
	__u32 *found, at;

	if (who->kind == CULPRIT_UNKNOWN)
		return others;
	__builtin_memcpy(key.comm, who->comm, sizeof(key.comm));
	found = bpf_map_lookup_elem(&row_of, &key);
	if (found)
		return bpf_map_lookup_elem(&rows, found);
	if (!others)
		return NULL;
	at = row__new(others->victim_tgid, others->victim_tid);
	row = at && !bpf_map_update_elem(&row_of, &key, &at, BPF_ANY) ?
		      bpf_map_lookup_elem(&rows, &at) :
		      NULL;
	if (!row)
		return others;
	row->who = *who;
	return row;
}

static __noinline void row__add(struct culprit_row *row, __u32 kind, __u64 ns)
{
	if (!row)
		return;
	/* Outside of KVM_RUN it is not seen that a thread is a vCPU's. */
	if (kind == CULPRIT_VCPU && row->who.kind == CULPRIT_TASK)
		row->who.kind = CULPRIT_VCPU;
	row->ns += ns;
	row->turns++;
	if (ns > row->max_ns)
		row->max_ns = ns;
}

/*
 * Puts down to one of a CPU's turns what the victim waited of it since then; whether turns before
 * that matter too. Of numbers only, and not static, so that the verifier looks at it once and not
 * for each turn.
 */
__noinline int blame_turn(__u32 victim, __u32 at, __u64 which, __u64 since)
{
	struct culprit_cpu *cpu = bpf_map_lookup_elem(&cpus, &at);
	struct culprit_turn *turn;
	__u64 from;

	if (!cpu)
		return false;
	turn = &cpu->turns[which % CULPRITS_TURNS];
	if (turn->to_ns <= since)
		return false;
	from = turn->from_ns > since ? turn->from_ns : since;
	row__add(row__of(victim, &turn->who), turn->who.kind, turn->to_ns - from);
	return turn->from_ns > since;
}

/* Puts down what it has waited for this CPU to the turns that have ended. */
static __noinline void victim__blame_turns(const struct culprit_victim *v,
					   const struct culprit_cpu *cpu, __u32 at)
{
	__u64 since = v->waits_since_ns, nr = cpu->nr, oldest;

	for (__u32 i = 1; i <= CULPRITS_TURNS; i++)
		if (!blame_turn(v->others, at, nr - i, since))
			return;
	oldest = cpu->turns[nr % CULPRITS_TURNS].from_ns;
	row__add(bpf_map_lookup_elem(&rows, &v->others), CULPRIT_UNKNOWN, oldest - since);
}

static __always_inline __u32 task__cpu(struct task_struct *task)
{
	if (bpf_core_field_exists(task->thread_info.cpu))
		return BPF_CORE_READ(task, thread_info.cpu);
	return BPF_CORE_READ((struct task_struct___cpu *)task, cpu);
}

/* From now on it is told who runs there; a hint, which another CPU may write too. */
static __always_inline void cpu__is_wanted(__u32 at)
{
	struct culprit_cpu *cpu = bpf_map_lookup_elem(&cpus, &at);

	if (cpu)
		cpu->wanted = 1;
}

static __always_inline bool is_runnable(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return !BPF_CORE_READ(task, __state);
	return !BPF_CORE_READ((struct task_struct___state *)task, state);
}

static __always_inline void victim__stops(struct task_struct *task, struct culprit_cpu *cpu,
					  bool preempted, __u64 now)
{
	struct culprit_victim *v = victim__find(task);
	struct culprit_turn *turn;

	if (!v) {
		if (!BPF_CORE_READ(task, preempt_notifiers.first))
			return;
		v = victim__new(task);
		if (!v)
			return;
	}
	/* Outside of KVM_RUN its turn looked like any thread's. */
	turn = &cpu->turns[(cpu->nr - 1) % CULPRITS_TURNS];
	if (turn->who.kind == CULPRIT_TASK)
		turn->who.kind = CULPRIT_VCPU;
	v->running = 0;
	v->waits_since_ns = preempted || is_runnable(task) ? now : 0;
	if (v->waits_since_ns)
		cpu->wanted = 1;
}

SEC("raw_tp/sched_switch")
int on_switch(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *prev = (void *)ctx->args[1], *next = (void *)ctx->args[2];
	__u32 at = bpf_get_smp_processor_id();
	struct culprit_cpu *cpu = bpf_map_lookup_elem(&cpus, &at);
	__u64 now = bpf_ktime_get_ns();
	struct culprit_victim *v;

	if (!cpu)
		return 0;
	cpu__end_turn(cpu, prev, now);
	cpu->task = (__u64)next;
	victim__stops(prev, cpu, ctx->args[0], now);
	/* Nobody waits for a CPU that becomes idle. */
	if (cpu->wanted && !BPF_CORE_READ(next, pid))
		cpu->wanted = 0;
	v = victim__find(next);
	if (!v)
		return 0;
	if (v->waits_since_ns)
		victim__blame_turns(v, cpu, at);
	v->waits_since_ns = 0;
	v->running = 1;
	return 0;
}

SEC("raw_tp/sched_wakeup")
int on_wakeup(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	struct culprit_victim *v = victim__find(task);

	/* Woken before it was switched out: it never lost its CPU. */
	if (!v || v->running || v->waits_since_ns)
		return 0;
	v->waits_since_ns = bpf_ktime_get_ns();
	cpu__is_wanted(task__cpu(task));
	return 0;
}

/* One that waits is sent to another CPU: what it waited so far was for the one it leaves. */
SEC("raw_tp/sched_migrate_task")
int on_migrate(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	struct culprit_victim *v = victim__find(task);
	struct culprit_who who = {};
	struct culprit_cpu *cpu;
	__u64 now, from;
	__u32 at;

	if (!v || !v->waits_since_ns)
		return 0;
	cpu__is_wanted(ctx->args[1]);
	at = task__cpu(task);
	cpu = bpf_map_lookup_elem(&cpus, &at);
	if (!cpu)
		return 0;
	now = bpf_ktime_get_ns();
	victim__blame_turns(v, cpu, at);
	from = cpu->since_ns > v->waits_since_ns ? cpu->since_ns : v->waits_since_ns;
	if (cpu->task && now > from) {
		who__of(&who, (struct task_struct *)cpu->task);
		row__add(row__of(v->others, &who), who.kind, now - from);
	}
	v->waits_since_ns = now;
	return 0;
}

/* Its memory may become that of another. */
SEC("raw_tp/sched_process_exit")
int on_thread_exit(void *ctx)
{
	__u64 task = bpf_get_current_task();

	bpf_map_delete_elem(&victims, &task);
	return 0;
}
