/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interrupt from outside: a host thread signals an irqfd, as a device back end does. The time
 * counts from just before its write to the first instruction of the guest's handler. The guest asks
 * for each interrupt through mailbox.kick; the host's time stamp is in terms of the guest's clock.
 *
 * The host's half: bench/backends/kvm/injector.c
 */
#include "workloads/workload.h"

#define TARGET 0
enum { TARGET_SPINNING, TARGET_HALTED };
static const char *const targets[] = { "spinning", "halted", NULL };

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

#define WAIT_CYCLES (1ull << 33)

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	struct irq_slot *slot = &irq_slots[HV_VECTOR_INJECT];
	volatile struct hv_kick *kick = ctx->kick;
	uint64_t seen = slot->count, start = arch_clock();

	(void)n;
	kick->guest_seq++;
	if (ctx->params[TARGET] == TARGET_HALTED) {
		ring0(ring0_halt_until_irq, (void *)HV_VECTOR_INJECT, seen);
	} else {
		while (slot->count == seen)
			if (arch_clock() - start > WAIT_CYCLES)
				return HV_EVENT_LOST;
	}
	/*
	 * If the guest's clock disagrees with the host's, report a lost event rather than a huge
	 * latency.
	 */
	return slot->tsc > kick->host_tsc ? slot->tsc - kick->host_tsc : HV_EVENT_LOST;
}
#endif

DEFINE_WORKLOAD(workload_inject) = {
	.name = "inject",
	.what = "interrupt by irqfd, from the host thread's write to the guest's handler",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_SELF_TIMED,
	.unit = "cycles",
	.ring = 3,
	.needs = NEEDS_LAPIC | NEEDS_INJECTOR,
	.exits_note = "an exit to take the interrupt unless it is posted; HLT if halted",
	.params = { { "target", "what the vCPU does", PARAM_CHOICE, TARGET_SPINNING, 0, 0,
		      targets } },
	.run = GUEST_ONLY(run),
};
