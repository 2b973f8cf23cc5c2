/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memory slot of 2 MiB is added, deleted, moved or has its flags changed while the vCPUs of the
 * VM run, in a VM that has `slots` of them already: memory hot-plug, a PCI BAR that moves, a VGA
 * window. All slots share the same 2 MiB of host memory. flags switches dirty logging of the slot
 * on.
 *
 *   of=call     KVM_SET_USER_MEMORY_REGION; delete and move wait for a grace period of SRCU
 *   of=stall    what vCPU 0, which only reads its clock, loses meanwhile (gaps of 300 ns and
 *               more that overlap the call)
 *   of=refault  the guest's next pass through working_set bytes of another slot, one read a page:
 *               x86 drops the mappings of all slots when one is deleted or moved
 *
 * Same as: Linux selftests/kvm memslot_perf_test ("move active", "map", "unmap", up to 32,764
 * slots) and memslot_modification_stress_test, which has no figure. What a move drops is all that
 * is mapped: more tables than in theirs, whose guest has 50 pages (memory.md). `memslot` is the
 * same call in a VM that stands still.
 *
 * The host's half: bench/backends/kvm/memslot_live.c
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/orders.h"
#endif

static const char *const ops[] = { "add", "delete", "move", "flags", NULL };
static const char *const figures[] = { "call", "stall", "refault", NULL };

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[0];
}

DEFINE_WORKLOAD(workload_memslot_live) = {
	.name = "memslot-live",
	.what = "a memory slot is added, deleted, moved or changed while the vCPUs run",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_HOST,
	.unit = "ns",
	.ring = 3,
	.waits = true,
	.small_pages = true,
	.params = {
		{ "working_set", "bytes that the guest works with, in another slot",
		  PARAM_SIZE, 2 << 20, 4096, 1ull << 36, NULL },
		{ "op", "what is timed", PARAM_CHOICE, 0, 0, 0, ops },
		{ "slots", "that the VM has besides its own two", PARAM_COUNT, 1, 0, 32000, NULL },
		{ "of", "the host's call, what a spinning vCPU loses, or the guest's next pass",
		  PARAM_CHOICE, 0, 0, 0, figures },
	},
	.arena_bytes = arena_bytes,
	.run = GUEST_ONLY(orders__run),
	.assist = GUEST_ONLY(orders__assist),
};
