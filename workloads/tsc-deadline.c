/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's timer: the TSC deadline is written, and the vCPU spins with interrupts on until the
 * handler has run. With delay=0 the deadline has passed already when it is written, and KVM injects
 * at once, without a timer of the host's: the commonest pair of exits of a busy Linux guest (this
 * write and the EOI). With a delay the host's timer is part of it (on VMX the preemption timer),
 * and the delay is part of the figure.
 *
 * Timed: n times RDTSC, the write of the MSR, waiting, a handler of a dozen instructions and its
 * EOI, at CPL0; the loop is subtracted. With delay=0 the interrupt comes with the next entry; where
 * it does not (a hypervisor that emulates CPL0), the vCPU halts until it does. kvm-unit-tests:
 * tscdeadline_immed (which adds a CPUID to each), tscdeadline (a deadline 3000 cycles ahead). The
 * lateness for a halted vCPU is halt-wake's.
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

#define MSR_TSC_DEADLINE 0x6e0

static int setup(struct workload_ctx *ctx)
{
	/* If the frequency is not known, the delay is taken as if the clock ran at 1 GHz. */
	ctx->state[0] = ctx->tsc_khz ? ctx->params[0] * ctx->tsc_khz / 1000000 : ctx->params[0];
	apic__timer_deadline_mode(HV_VECTOR_TIMER);
	return HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	const struct irq_slot *slot = &irq_slots[HV_VECTOR_TIMER];
	uint64_t delay = ctx->state[0];

	while (n--) {
		uint64_t seen = slot->count;

		asm volatile("sti" ::: "memory");
		arch_wrmsr(MSR_TSC_DEADLINE, arch_clock_plain() + delay);
		while (delay && slot->count == seen)
			;
		asm volatile("cli" ::: "memory");
		while (slot->count == seen)
			asm volatile("sti; hlt; cli" ::: "memory");
	}
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_tsc_deadline) = {
	.name = "tsc-deadline",
	.what = "a TSC-deadline timer, from setting it until its handler is done",
	.group = GROUP_INTERRUPT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.one_vcpu = true,
	.optional = "a TSC-deadline timer that fires",
	.needs = NEEDS_LAPIC | NEEDS_DEADLINE_TIMER,
	.exits = { { "MSR_WRITE", "msr", 2, .apic = 1 } },
	.exits_note = "with a delay the host's timer interrupt or PREEMPTION_TIMER as well; "
		      "with APICv or AVIC one less",
	.params = {
		{ "delay", "from setting the timer to its deadline",
		  PARAM_TIME_NS, 0, 0, 1000000000, NULL },
	},
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
