/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adding or deleting a memory slot of an existing machine. Measured by the host around the system
 * calls; nothing is timed in the guest.
 *
 * The host's half: bench/backends/kvm/lifecycle.c
 */
#include "workloads/workload.h"

static const char *const ops[] = { "add", "delete", NULL };

DEFINE_WORKLOAD(workload_memslot) = {
	.name = "memslot",
	.what = "KVM_SET_USER_MEMORY_REGION: a slot of 2 MiB added to, or deleted from, a VM that "
		"has run",
	.group = GROUP_LIFECYCLE,
	.kind = WORKLOAD_HOST,
	.unit = "ns",
	.ring = 3,
	.waits = true,
	.params = { { "op", "what is timed", PARAM_CHOICE, 0, 0, 0, ops } },
};
