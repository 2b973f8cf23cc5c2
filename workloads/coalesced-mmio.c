/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes that KVM only notes in a ring of one page (169 usable entries of 24 bytes with 4 KiB
 * pages). Each 170th finds the ring full and goes to user space, which empties it: that share of
 * the cost is part of the figure.
 */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		arch_mmio_write32(HV_MMIO_COALESCED, 0);
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_coalesced_mmio) = {
	.name = "coalesced-mmio",
	.what = "32 bits to a coalesced MMIO address, the VMM's emptying of the ring included",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.needs = NEEDS_COALESCED_MMIO,
	.exits = { { "EPT_MISCONFIG", "npf", 1 } },
	.exits_note = "one to user space each time the ring is full",
	.run = GUEST_ONLY(run),
};
