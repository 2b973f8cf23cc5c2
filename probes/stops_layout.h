/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the stops probe writes down: shared with its eBPF program. */
#ifndef HVBENCH_STOPS_LAYOUT_H
#define HVBENCH_STOPS_LAYOUT_H

#include <linux/types.h>

#define STOPS_MAX 16384

enum stop_kind {
	STOP_OFF,     /* another thread had the CPU: `who` */
	STOP_IRQ,     /* a device's interrupt: `number` */
	STOP_SOFTIRQ, /* `number` of enum of linux/interrupt.h */
	STOP_TIMER,   /* the CPU's own timer */
	STOP_RESCHEDULE,
	STOP_CALL, /* a function call from another CPU, such as a TLB flush */
	STOP_WORK, /* irq_work */
	STOP_EXIT, /* from kvm_exit to kvm_entry */
	STOP_NR_KINDS,
};

struct stop {
	__u64 from_ns, to_ns; /* CLOCK_MONOTONIC */
	__u32 kind, number;
	char who[16];
};

#endif
