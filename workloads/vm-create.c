/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Creating an empty virtual machine on a host that has another one already: the first costs the
 * kernel more. Measured by the host around the system calls; nothing is timed in the guest.
 *
 * The host's half: bench/backends/kvm/lifecycle.c
 */
#include "workloads/workload.h"

DEFINE_WORKLOAD(workload_vm_create) = {
	.name = "vm-create",
	.what = "KVM_CREATE_VM",
	.group = GROUP_LIFECYCLE,
	.kind = WORKLOAD_HOST,
	.unit = "ns",
	.ring = 3,
};
