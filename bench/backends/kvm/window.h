/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is read at the doorbells before and after the timed operations, and what the differences mean:
 * exits by KVM's statistics and by the VMM's own count, CPU time, steal.
 */
#ifndef HVBENCH_KVM_WINDOW_H
#define HVBENCH_KVM_WINDOW_H

#include "bench/backends/backend.h"
#include "bench/backends/mailbox.h"
#include "bench/vmm/vm.h"

/* The exit counters of all vCPUs at a doorbell. */
struct snapshot {
	uint64_t *stats;		/* each vCPU's values, then the VM's; NULL: none */
	uint64_t user_exits[VM_MAX_USER_EXITS];
	uint64_t interrupted;
	uint64_t cpu_ns;		/* of the vCPU threads */
	bool cpu_known;
};

/* Steal time at one moment, as accounted by the guest and by the host's scheduler. */
struct theft {
	struct steal_reading guest;
	uint64_t delay_ns[HV_MAX_VCPUS];	/* run-queue delay of each vCPU's thread */
	bool host_known;
};

/* The caller frees snap->stats. */
int window__snap(struct vm *vm, struct snapshot *snap);
void window__count(struct vm *vm, const struct snapshot *begin, const struct snapshot *end,
		   struct measurement *m);
void window__look_at_steal(struct vm *vm, struct theft *theft);
/*
 * What was stolen between the first two of three looks; the third, after vCPU 0 has run again, tells how much of it was
 * waited for after the window, when the bell had been rung and the thread was not back in user space yet. The host knows
 * of that before the second look, the guest only afterwards.
 * `delay_ns`: of the thread of vCPU 0, when it had last run before the window; UINT64_MAX: not known.
 */
void window__tell_steal(struct vm *vm, const struct theft stolen[3], uint64_t delay_ns, struct steal *steal);

#endif
