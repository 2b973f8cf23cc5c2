/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A write of the local APIC's EOI register with no interrupt in service: what a guest's interrupt
 * handler ends with, and nothing to be done by it. In x2APIC mode an MSR, else (x2apic=off) MMIO,
 * which KVM recognizes without decoding the instruction on VMX, if the CPU tells it which register
 * it was (APIC_ACCESS); where APICv is off it emulates the access (EPT_VIOLATION, Linux 6.1; the
 * lab's lane vmx). None where the CPU virtualizes the APIC (APICv, AVIC).
 *
 * Timed: n writes back to back at CPL0, and the loop is subtracted. kvm-unit-tests: the line "eoi"
 * below each self_ipi test, where an interrupt is in service; ISCA 2016's Virtual IRQ Completion
 * is the same with its acknowledgement.
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		apic__eoi();
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_eoi) = {
	.name = "eoi",
	.what = "a write of the local APIC's EOI register, with nothing in service",
	.group = GROUP_INTERRUPT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.needs = NEEDS_LAPIC,
	.exits = { { "MSR_WRITE", "msr", 1, .apic = 1 } },
	.exits_note = "with x2apic=off EPT_VIOLATION on VMX without APICv; none with APICv or AVIC",
	.run = GUEST_ONLY(run),
};
