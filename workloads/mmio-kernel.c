/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC by MMIO. The timer's current count is the one register that APIC virtualization
 * does not answer in hardware (Intel SDM volume 3, "APIC-register virtualization"), so that this
 * access exits with APICv and AVIC too.
 */
#include "arch.h"
#include "workloads/workload.h"

#define APIC_TIMER_CURRENT_COUNT 0x390

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		arch_mmio_read32(HV_MMIO_LAPIC + APIC_TIMER_CURRENT_COUNT);
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_mmio_kernel) = {
	.name = "mmio-kernel",
	.what = "read of the in-kernel local APIC (timer count) through xAPIC MMIO",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.needs = NEEDS_LAPIC | NEEDS_XAPIC,
	.exits = { { EXIT_XAPIC_VMX, EXIT_XAPIC_SVM, 1 } },
	.exits_note = "on VMX EPT_MISCONFIG where APIC accesses are not virtualized",
	.run = GUEST_ONLY(run),
};
