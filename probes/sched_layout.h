/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sched probe's kernel side (sched.bpf.c) and its user side (sched.c) share. */
#ifndef HVBENCH_SCHED_LAYOUT_H
#define HVBENCH_SCHED_LAYOUT_H

#include <linux/types.h>

#include "probes/hist_layout.h"

/* One thread that runs a vCPU, from the first time it was switched out inside KVM_RUN. */
struct sched_thread {
	__u32 tgid, tid;
	__u32 cpu;
	__u32 woken;		 /* runnable because of a wake-up, not a preemption */
	__u64 on_since_ns;	 /* 0: not on a CPU */
	__u64 off_since_ns;	 /* 0: on a CPU */
	__u64 runnable_since_ns; /* 0: blocked, or on a CPU */
	__u64 on_ns;		 /* running */
	__u64 blocked_ns;	 /* asleep: idle guest, or waiting for user space's work */
	__u64 wait_ns;		 /* runnable without a CPU: what the guest sees as steal */
	__u64 switches, preemptions, wakeups, migrations;
	__u64 wait_max_ns;
	__u64 polled, polled_ns;	 /* halts ended by a wake-up while polling */
	__u64 waited, waited_ns;	 /* halts that slept */
	__u32 wait[HIST_LAYOUT_BUCKETS]; /* run-queue delay: wake-ups and preemptions */
	__u32 wake[HIST_LAYOUT_BUCKETS]; /* the part of them after a wake-up */
	__u32 halt[HIST_LAYOUT_BUCKETS]; /* how long halts that slept took */
};

#endif
