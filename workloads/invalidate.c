/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host takes memory back from a running guest, as a balloon or a memory manager does:
 * madvise() of working_set bytes that the guest has written, all mapped for it. KVM is told by an
 * MMU notifier, removes its mappings and has every vCPU flush its TLB.
 *
 *   of=call     the system call
 *   of=stall    what vCPU 0, which only reads its clock, loses meanwhile (gaps of 300 ns and
 *               more that overlap the call)
 *   of=refault  the guest's next pass through all of it, one write a page: the pages come back,
 *               zeroed (dontneed) or, unless the host was short of memory, as they were (free)
 *
 * MADV_FREE leaves pages mapped until the host needs them, so its call is cheap and its refault
 * nothing. No peer measures it; kvm_page_table_test and mmu_stress_test provoke it.
 *
 * The host's half: bench/backends/kvm/invalidate.c
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/orders.h"
#endif

static const char *const advices[] = { "dontneed", "free", NULL };
static const char *const figures[] = { "call", "stall", "refault", NULL };

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[0];
}

DEFINE_WORKLOAD(workload_invalidate) = {
	.name = "invalidate",
	.what = "the host takes pages from under a running guest by madvise()",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_HOST,
	.unit = "ns",
	.ring = 3,
	.waits = true,
	.small_pages = true,
	.params = {
		{ "working_set", "bytes taken at once", PARAM_SIZE, 2 << 20, 4096, 1ull << 36,
		  NULL },
		{ "advice", "MADV_DONTNEED or MADV_FREE", PARAM_CHOICE, 0, 0, 0, advices },
		{ "of", "the host's call, what a spinning vCPU loses, or the guest's next pass",
		  PARAM_CHOICE, 0, 0, 0, figures },
	},
	.arena_bytes = arena_bytes,
	.run = GUEST_ONLY(orders__run),
	.assist = GUEST_ONLY(orders__assist),
};
