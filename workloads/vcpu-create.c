/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adding one vCPU to a machine that has its irqchip. Measured by the host around the system calls;
 * nothing is timed in the guest.
 *
 * The host's half: bench/backends/kvm/lifecycle.c
 */
#include "workloads/workload.h"

DEFINE_WORKLOAD(workload_vcpu_create) = {
	.name = "vcpu-create",
	.what = "KVM_CREATE_VCPU and the mapping of its run page",
	.group = GROUP_LIFECYCLE,
	.kind = WORKLOAD_HOST,
	.unit = "ns",
	.ring = 3,
};
