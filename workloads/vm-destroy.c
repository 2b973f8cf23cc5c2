/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Freeing a whole VM: one vCPU, 16 MiB of touched memory and an irqchip. Measured by the host
 * around the system calls; nothing is timed in the guest.
 *
 * The host's half: bench/backends/kvm/lifecycle.c
 */
#include "workloads/workload.h"

DEFINE_WORKLOAD(workload_vm_destroy) = {
	.name = "vm-destroy",
	.what = "closing the last descriptors of a VM that has run",
	.group = GROUP_LIFECYCLE,
	.kind = WORKLOAD_HOST,
	.unit = "ns",
	.ring = 3,
	.waits = true,
};
