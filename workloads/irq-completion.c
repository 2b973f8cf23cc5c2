/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's handler completes an interrupt: the write of EOI while the interrupt is in service, as
 * every handler ends. In x2APIC mode an MSR, else (x2apic=off) MMIO. No exit where the CPU
 * virtualizes the APIC (APICv, AVIC).
 *
 * Timed: in the handler of an interrupt that the vCPU sends to itself, from just before the write
 * of EOI to just after it, by two plain RDTSC, whose own time is part of the figure, as is the look
 * whether there is a word to test (pv=); sending and delivery are not. Acknowledging is no step of
 * its own on x86: the CPU does it as it delivers.
 * ISCA 2016: Virtual IRQ Completion. kvm-unit-tests: the EOI in each self_ipi test's handler.
 *
 * pv=kvm, pv=hyperv: the handler first tests and clears a bit in its own memory, by which the
 * hypervisor says that nobody waits for this EOI (KVM's PV EOI, Hyper-V's APIC assist page): then
 * there is none, and no exit. KVM does not set it where the CPU virtualizes the APIC. Skipped where
 * the guest is not offered it.
 */
#include "workloads/workload.h"

enum { PV_OFF, PV_KVM, PV_HYPERV };
static const char *const pvs[] = { "off", "kvm", "hyperv", NULL };

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/pv.h"
#include "workloads/runtime/x86_64/runtime.h"

#define WAIT_CYCLES (1ull << 33)

/* Hyper-V's assist page begins with the word that KVM has by itself. */
static volatile uint32_t assist_page[1024] __attribute__((aligned(4096)));

static int setup(struct workload_ctx *ctx)
{
	pv_eoi_word = NULL;
	switch (ctx->params[0]) {
	case PV_KVM:
		if (!(pv__kvm_features() & PV_KVM_EOI))
			return HV_REFUSED_NOT_THERE;
		pv__wrmsr(MSR_KVM_PV_EOI, (uint64_t)assist_page | 1);
		pv_eoi_word = assist_page;
		break;
	case PV_HYPERV:
		if (!(pv__hyperv_features() & PV_HV_APIC))
			return HV_REFUSED_NOT_THERE;
		pv__wrmsr(MSR_HV_ASSIST_PAGE, (uint64_t)assist_page | 1);
		pv_eoi_word = assist_page;
		break;
	}
	return HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	const struct irq_slot *before = &irq_slots[HV_VECTOR_COMPLETE];
	const struct irq_slot *after = &irq_slots[HV_VECTOR_COMPLETE + 1];
	uint64_t seen = after->count, start = arch_clock();

	(void)ctx;
	(void)n;
	ring0(ring0_send_self, NULL, HV_VECTOR_COMPLETE);
	while (after->count == seen)
		if (arch_clock() - start > WAIT_CYCLES)
			return HV_EVENT_LOST;
	return after->tsc - before->tsc;
}
#endif

DEFINE_WORKLOAD(workload_irq_completion) = {
	.name = "irq-completion",
	.what = "EOI of an interrupt in service, in its handler",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_SELF_TIMED,
	.unit = "cycles",
	.ring = 3,
	.optional = "a word that says that no EOI is needed, offered by the hypervisor",
	.needs = NEEDS_LAPIC | NEEDS_HYPERV,
	.exits_note = "timed: one MSR_WRITE (msr), none with pv=, APICv or AVIC; before it the "
		      "sending, MSR_WRITE (msr) and INTERRUPT_WINDOW (vintr)",
	.params = { { "pv", "whose word says that no EOI is needed", PARAM_CHOICE, PV_OFF, 0, 0,
		      pvs } },
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
