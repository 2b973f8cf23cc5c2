/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the culprits probe's kernel side (culprits.bpf.c) and its user side (culprits.c) share.
 *
 * Each CPU remembers its last *turns*: which thread ran on it, from when to when. A vCPU's thread
 * that gets a CPU after it waited for one puts down each turn of the time it waited to whoever had
 * it; a *row* sums that up for one vCPU's thread and one other.
 */
#ifndef HVBENCH_CULPRITS_LAYOUT_H
#define HVBENCH_CULPRITS_LAYOUT_H

#include <linux/types.h>

#define CULPRITS_TURNS 128   /* that a CPU remembers, a power of two */
#define CULPRITS_ROWS  16384 /* the first is none */
#define CULPRITS_COMM  16    /* the kernel's TASK_COMM_LEN */

enum culprit_kind {
	CULPRIT_TASK,
	CULPRIT_VCPU,	 /* the thread of a vCPU */
	CULPRIT_KERNEL,	 /* a thread of the kernel's */
	CULPRIT_IDLE,	 /* nobody: the CPU had to wake up, or was told late */
	CULPRIT_UNKNOWN, /* more turns than a CPU remembers, or more culprits than there are rows */
	CULPRIT_PENDING, /* not known yet: it still waited when the probe ended */
	CULPRIT_NR_KINDS,
};

struct culprit_who {
	__u32 tgid, tid; /* by the numbers of pidns.h */
	__u32 kind;	 /* enum culprit_kind */
	char comm[CULPRITS_COMM];
};

struct culprit_turn {
	__u64 from_ns, to_ns;
	struct culprit_who who;
	__u32 pad;
};

struct culprit_cpu {
	__u64 nr;	/* turns so far; the last CULPRITS_TURNS of them are kept */
	__u64 since_ns; /* of the turn under way; 0: before the probe began */
	__u64 task;	/* whose turn that is */
	__u64 wanted;	/* a vCPU's thread may be waiting here: who runs is to be told */
	struct culprit_turn turns[CULPRITS_TURNS];
};

/* The thread of a vCPU, from the first time it was switched out inside KVM_RUN. */
struct culprit_victim {
	__u64 waits_since_ns; /* runnable without a CPU since; 0: it has one, or is blocked */
	__u32 tgid, tid;      /* by the numbers of pidns.h */
	__u32 kernel_tid;
	__u32 others; /* its row for CULPRIT_UNKNOWN */
	__u32 running;
	__u32 pad;
};

struct culprit_key {
	__u32 victim; /* the row that is `others` of its */
	__u32 tid;
	char comm[CULPRITS_COMM]; /* since a thread's number can be another's later */
};

struct culprit_row {
	__u64 ns, max_ns; /* for which the vCPU waited while the other ran; the longest turn */
	__u64 turns;
	__u32 victim_tgid, victim_tid;
	struct culprit_who who;
	__u32 used;
};

#endif
