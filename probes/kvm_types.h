/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few fields of kernel structures that eBPF programs read by name: relocated when a program is
 * loaded, so that one build runs on many kernels.
 */
#ifndef HVBENCH_KVM_TYPES_H
#define HVBENCH_KVM_TYPES_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct thread_info {
	unsigned int cpu;
};

struct task_struct {
	struct thread_info thread_info;
	int pid, tgid;
	unsigned int flags;
	unsigned int __state;
	char comm[16];
	/*
	 * Not empty while the thread is in KVM_RUN: KVM uses it to be told when the thread is
	 * switched.
	 */
	struct hlist_head preempt_notifiers;
};

/* Up to 5.13. */
struct task_struct___state {
	long state;
};

/* Up to 5.15. */
struct task_struct___cpu {
	unsigned int cpu;
};

#pragma clang attribute pop

#endif
