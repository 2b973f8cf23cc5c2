/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM_PRE_FAULT_MEMORY (Linux 6.12, x86 with EPT or NPT): the host maps working_set bytes for a
 * vCPU before the guest touches them. host_page=fresh has the host find and zero each page; present
 * has them already. The figure is the call for all of it; beside it stands `touch`, where the guest
 * faults them in one by one. No peer measures it (pre_fault_memory_test only checks that it works).
 *
 * The host's half: bench/backends/kvm/prefault.c
 */
#include "workloads/workload.h"

static const char *const host_page[] = { "fresh", "present", NULL };

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[0];
}

DEFINE_WORKLOAD(workload_prefault) = {
	.name = "prefault",
	.what = "KVM_PRE_FAULT_MEMORY of the working set",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_HOST,
	.unit = "ns",
	.ring = 3,
	.waits = true,
	.small_pages = true,
	.params = {
		{ "working_set", "bytes mapped at once", PARAM_SIZE, 2 << 20, 4096, 1ull << 36,
		  NULL },
		{ "host_page", "what the host has behind the pages", PARAM_CHOICE, 0, 0, 0,
		  host_page },
	},
	.arena_bytes = arena_bytes,
};
