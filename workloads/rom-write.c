/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A write to a page that the host has given to the guest as read-only (KVM_MEM_READONLY: firmware
 * in flash). KVM hands it to the VMM like an MMIO access, after a walk of the second-stage table
 * that finds the page present and not writable: dearer than mmio-user by that walk.
 *
 * Timed: n writes of 32 bits, and the loop is subtracted. No peer measures it.
 */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		arch_mmio_write32(HV_MMIO_ROM, 0);
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_rom_write) = {
	.name = "rom-write",
	.what = "32 bits to a read-only memory slot, which the VMM handles",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.needs = NEEDS_ROM,
	.user_exits = 1,
	.exits = { { "EPT_VIOLATION", "npf", 1 } },
	.run = GUEST_ONLY(run),
};
