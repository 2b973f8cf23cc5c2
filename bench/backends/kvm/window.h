/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is read at the doorbells before and after the timed operations, and what the differences
 * mean: exits by KVM's statistics and by the VMM's own count, CPU time, steal.
 */
#ifndef HVBENCH_KVM_WINDOW_H
#define HVBENCH_KVM_WINDOW_H

#include "bench/backends/backend.h"
#include "bench/backends/mailbox.h"
#include "bench/vmm/vm.h"

/* The exit counters of all vCPUs at a doorbell. */
struct snapshot {
	uint64_t *stats; /* each vCPU's values, then the VM's; NULL: none */
	uint64_t user_exits[VM_MAX_USER_EXITS];
	uint64_t interrupted;
	uint64_t cpu_ns; /* of the vCPU threads */
	bool cpu_known;
};

/* Steal time at one moment, as accounted by the guest and by the host's scheduler. */
struct steal_snapshot {
	struct steal_reading guest;
	uint64_t delay_ns[HV_MAX_VCPUS]; /* run-queue delay of each vCPU's thread */
	bool host_known;
};

/* The caller frees snap->stats. */
int window__snap(struct vm *vm, struct snapshot *snap);
void window__count(struct vm *vm, const struct snapshot *begin, const struct snapshot *end,
		   struct measurement *m);
void window__snap_steal(struct vm *vm, struct steal_snapshot *snap);
/*
 * The time stolen between the first two of three snapshots. The third, taken after vCPU 0 has run
 * again, shows how much of it was a wait after the window, when the guest had rung the bell but the
 * thread was not yet back in user space: the host has accounted that wait by the second snapshot,
 * the guest only later. `delay_ns`: the run-queue delay of vCPU 0's thread when it last ran before
 * the window; UINT64_MAX: not known.
 */
void window__steal(struct vm *vm, const struct steal_snapshot snaps[3], uint64_t delay_ns,
		   struct steal *steal);

#endif
