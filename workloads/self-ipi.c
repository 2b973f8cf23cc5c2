/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interrupt that a vCPU sends to itself, until its handler has run and written EOI. On one vCPU
 * it tells virtual-interrupt delivery (APICv, AVIC: no exit at all, or one) from injection by KVM,
 * and what the guest does when the interrupt comes decides which way KVM takes:
 *
 *   how=sti-nop      sent with interrupts off, taken after STI. KVM cannot inject yet, asks for an
 *                    exit when the guest can take it (interrupt window).
 *   how=sti-hlt      ... taken out of HLT, which exits first.
 *   how=tpr          sent with interrupts on, the task priority (CR8) above it; taken when CR8 is
 *                    0 again, of which KVM has itself told by an exit.
 *   how=tpr-sti-nop, tpr-sti-hlt   both: first CR8 is 0 again, then STI.
 *
 * by=icr writes the interrupt command register with the shorthand for itself, in x2APIC mode an
 * MSR, else (x2apic=off) MMIO; by=self-ipi writes x2APIC's register for just this.
 *
 * Timed: n times all of that, sending, delivery, a handler of a dozen instructions, EOI and IRET,
 * at CPL0; the loop is subtracted. The loop also looks at the handler's counter, so that no
 * interrupt is taken for another, which is half a dozen instructions; where the hypervisor has not
 * delivered it by then (one that emulates CPL0) the vCPU halts until it has.
 *
 * kvm-unit-tests: self_ipi_sti_nop, self_ipi_sti_hlt, self_ipi_tpr, self_ipi_tpr_sti_nop,
 * self_ipi_tpr_sti_hlt (by=icr; in xAPIC mode they write the destination as well, one more access),
 * x2apic_self_ipi_* (by=self-ipi).
 */
#include "workloads/workload.h"

#define HOW 0
#define BY  1
enum { STI_NOP, STI_HLT, TPR, TPR_STI_NOP, TPR_STI_HLT };
enum { BY_ICR, BY_SELF_IPI };

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

static inline void set_cr8(uint64_t value)
{
	asm volatile("mov %0, %%cr8" ::"r"(value) : "memory");
}

#define BLOCK_ALL 0xf

static int setup(struct workload_ctx *ctx)
{
	return ctx->params[BY] == BY_SELF_IPI && !apic__is_x2() ? HV_REFUSED_NOT_THERE :
								  HV_REFUSED_NONE;
}

static uint64_t run_tpr(const struct irq_slot *slot, bool by_self_ipi, uint64_t n)
{
	while (n--) {
		uint64_t seen = slot->count;

		asm volatile("sti" ::: "memory");
		set_cr8(BLOCK_ALL);
		apic__send_self(HV_VECTOR_IPI, by_self_ipi);
		set_cr8(0);
		asm volatile("nop; cli" ::: "memory");
		while (slot->count == seen)
			asm volatile("sti; hlt; cli" ::: "memory");
	}
	return 0;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	const struct irq_slot *slot = &irq_slots[HV_VECTOR_IPI];
	bool by_self_ipi = ctx->params[BY] == BY_SELF_IPI;
	uint64_t how = ctx->params[HOW];
	bool priority = how == TPR_STI_NOP || how == TPR_STI_HLT;
	bool halt = how == STI_HLT || how == TPR_STI_HLT;

	if (how == TPR)
		return run_tpr(slot, by_self_ipi, n);
	while (n--) {
		uint64_t seen = slot->count;

		if (priority)
			set_cr8(BLOCK_ALL);
		apic__send_self(HV_VECTOR_IPI, by_self_ipi);
		if (priority)
			set_cr8(0);
		if (!halt)
			asm volatile("sti; nop; cli" ::: "memory");
		while (slot->count == seen)
			asm volatile("sti; hlt; cli" ::: "memory");
	}
	return 0;
}
#endif

static const char *const hows[] = {
	"sti-nop", "sti-hlt", "tpr", "tpr-sti-nop", "tpr-sti-hlt", NULL
};
static const char *const bys[] = { "icr", "self-ipi", NULL };

/* Without virtual-interrupt delivery. */
static const struct workload_exit *exits_with(const uint64_t *params)
{
	static const struct workload_exit of[][5] = {
		[STI_NOP] = { { "MSR_WRITE", "msr", 2, 2 },
			      { "INTERRUPT_WINDOW", "vintr", 1, 0 },
			      { 0 } },
		[STI_HLT] = { { "MSR_WRITE", "msr", 2, 2 },
			      { "HLT", "hlt", 1, 0 },
			      { "INTERRUPT_WINDOW", "vintr", 1, 0 },
			      { 0 } },
		[TPR] = { { "MSR_WRITE", "msr", 2, 2 },
			  { "TPR_BELOW_THRESHOLD", "write_cr8", 1, 0 },
			  { 0 } },
		[TPR_STI_NOP] = { { "MSR_WRITE", "msr", 2, 2 },
				  { "TPR_BELOW_THRESHOLD", "write_cr8", 1, 0 },
				  { "INTERRUPT_WINDOW", "vintr", 1, 0 },
				  { 0 } },
		[TPR_STI_HLT] = { { "MSR_WRITE", "msr", 2, 2 },
				  { "TPR_BELOW_THRESHOLD", "write_cr8", 1, 0 },
				  { "HLT", "hlt", 1, 0 },
				  { "INTERRUPT_WINDOW", "vintr", 1, 0 },
				  { 0 } },
	};

	return of[params[HOW]];
}

DEFINE_WORKLOAD(workload_self_ipi) = {
	.name = "self-ipi",
	.what = "an interrupt that the vCPU sends to itself, with its EOI",
	.group = GROUP_INTERRUPT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.one_vcpu = true,
	.optional = "interrupts to itself in this mode of the APIC",
	.needs = NEEDS_LAPIC,
	.exits_with = exits_with,
	.exits_note = "fewer where the CPU delivers interrupts and takes EOI itself (APICv, AVIC); "
		      "with x2apic=off EPT_VIOLATION on VMX without APICv",
	.params = {
		{ "how", "how the vCPU comes to take it", PARAM_CHOICE, STI_NOP, 0, 0, hows },
		{ "by", "the register it is sent by", PARAM_CHOICE, BY_ICR, 0, 0, bys },
	},
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
