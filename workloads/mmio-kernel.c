/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC by MMIO. The timer's current count is the one register that APIC virtualization
 * does not answer in hardware (Intel SDM volume 3, "APIC-register virtualization"), so that this
 * access exits with APICv and AVIC too.
 *
 * Timed: n loads back to back, and the loop is subtracted. On VMX the page is mapped for the guest
 * only if APICv is on (Linux 6.1). If it is not, as in the lab's lane vmx, the access is an
 * EPT_VIOLATION, and a load takes two of them: KVM sends the guest back to try it once more, as if
 * a page table had been in the way (retry_instruction() in x86.c), and emulates it when the same
 * one comes again. Traced there: the first exit takes 3,199 of the 7,129 instructions, decodes the
 * load (x86_decode_emulated_instruction(), 1,843), unprotects a page that is none
 * (kvm_mmu_unprotect_page(), 51) and goes back; the second, 3,930, decodes it again and emulates it
 * (x86_emulate_insn(), 658). A store, which eoi is with x2apic=off, is emulated at once. On SVM KVM
 * has marked the page as MMIO: one npf. ISCA 2016: Interrupt Controller Trap.
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
	.exits_note =
		"on VMX without APICv 2 EPT_VIOLATION: KVM has the guest try a load again before "
		"it emulates it",
	.run = GUEST_ONLY(run),
};
