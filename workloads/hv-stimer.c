/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A synthetic timer of Hyper-V's that has expired when it is set, until its handler is done: what
 * Windows guests, and Linux guests of Hyper-V, have instead of the local APIC's timer. tsc-deadline
 * is the same without.
 *
 *   by=direct   the timer raises an interrupt of its own (direct mode)
 *   by=message  it sends a message to SynIC, Hyper-V's interrupt controller: KVM writes it into a
 *               page of the guest's and raises the interrupt of that source; the guest frees the
 *               message's slot again
 *
 * Timed: n timers one after the other at CPL0 with interrupts on, each from the write of its count
 * (1, which is long ago) until its handler has written EOI; the loop is subtracted. The timer
 * enables itself again with each count (AutoEnable).
 *
 * Where tsc-deadline's interrupt is raised by the write, this one's is by the entry after it: KVM
 * only marks the timer, and then goes through the vCPU's four (kvm_hv_process_stimers()), with two
 * readings of the reference clock. Of the 8,646 instructions of the lab's lane svm the write's exit
 * is 5,264, 807 more than tsc-deadline's, 904 of them there; the rest is the guest's own and the
 * EOI's exit, which are alike (lab trace svm -w hv-stimer, -w tsc-deadline).
 *
 * Skipped where the guest is not offered it. No other tool measures it; kvm-unit-tests'
 * hyperv_stimer checks it.
 */
#include "workloads/workload.h"

enum { BY_DIRECT, BY_MESSAGE };
static const char *const by[] = { "direct", "message", NULL };

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/pv.h"
#include "workloads/runtime/x86_64/runtime.h"

#define SOURCE		   2 /* SINT2, of 16 */
#define MESSAGE_BYTES	   256
#define CONFIG_AUTO_ENABLE (1u << 3)
#define CONFIG_VECTOR(v)   ((uint64_t)(v) << 4)
#define CONFIG_DIRECT	   (1u << 12)
#define CONFIG_SOURCE(s)   ((uint64_t)(s) << 16)
#define SWITCH_ON	   1u

/* The slot of each source begins with the type of the message in it; 0: it is free. */
static union {
	volatile uint32_t type;
	uint8_t bytes[MESSAGE_BYTES];
} messages[16] __attribute__((aligned(4096)));

static int setup(struct workload_ctx *ctx)
{
	bool direct = ctx->params[0] == BY_DIRECT;
	uint64_t needs = PV_HV_SYNIC | PV_HV_STIMER | (direct ? PV_HV_STIMER_DIRECT : 0);

	if ((pv__hyperv_features() & needs) != needs)
		return HV_REFUSED_NOT_THERE;
	if (direct) {
		pv__wrmsr(MSR_HV_STIMER0_CONFIG,
			  CONFIG_AUTO_ENABLE | CONFIG_DIRECT | CONFIG_VECTOR(HV_VECTOR_TIMER));
		return HV_REFUSED_NONE;
	}
	messages[SOURCE].type = 0;
	pv__wrmsr(MSR_HV_SIMP, (uint64_t)messages | SWITCH_ON);
	pv__wrmsr(MSR_HV_SINT0 + SOURCE, HV_VECTOR_TIMER);
	pv__wrmsr(MSR_HV_SCONTROL, SWITCH_ON);
	pv__wrmsr(MSR_HV_STIMER0_CONFIG, CONFIG_AUTO_ENABLE | CONFIG_SOURCE(SOURCE));
	return HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	const struct irq_slot *slot = &irq_slots[HV_VECTOR_TIMER];
	bool message = ctx->params[0] == BY_MESSAGE;

	while (n--) {
		uint64_t seen = slot->count;

		asm volatile("sti" ::: "memory");
		arch_wrmsr(MSR_HV_STIMER0_COUNT, 1);
		asm volatile("cli" ::: "memory");
		while (slot->count == seen)
			asm volatile("sti; hlt; cli" ::: "memory");
		if (message)
			messages[SOURCE].type = 0;
	}
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_hv_stimer) = {
	.name = "hv-stimer",
	.what = "a synthetic timer of Hyper-V's, from setting it until its handler is done",
	.group = GROUP_INTERRUPT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.one_vcpu = true,
	.optional = "Hyper-V's synthetic timers in this mode",
	.needs = NEEDS_LAPIC | NEEDS_HYPERVISOR | NEEDS_HYPERV | NEEDS_SYNIC,
	.exits = { { "MSR_WRITE", "msr", 2, .apic = 1 } },
	.exits_note = "with APICv or AVIC one less",
	.params = { { "by", "how it tells", PARAM_CHOICE, BY_DIRECT, 0, 0, by } },
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
