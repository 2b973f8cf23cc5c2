/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What starting a VM costs: VM, memory, irqchip, vCPU, registers, payload, first KVM_RUN. Measured
 * by the host around the system calls; nothing is timed in the guest.
 *
 * The host's half: bench/backends/kvm/lifecycle.c
 */
#include "workloads/workload.h"

DEFINE_WORKLOAD(workload_first_entry) = {
	.name = "first-entry",
	.what = "from before KVM_CREATE_VM to the guest's first instruction, all included",
	.group = GROUP_LIFECYCLE,
	.kind = WORKLOAD_HOST,
	.unit = "ns",
	.ring = 3,
};
