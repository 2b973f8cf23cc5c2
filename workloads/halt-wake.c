/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How late a timer wakes a halted vCPU: the TSC deadline is set, HLT, and the time from the
 * deadline to the first instruction of the handler counts. Halt polling, C-states and KVM's timer
 * advance all change this figure. In a process the same is measured of a sleeping thread: the part
 * that the host's own timer and scheduler have in it.
 *
 * poll=guest: the guest has told KVM not to poll for this vCPU (MSR_KVM_POLL_CONTROL), as Linux's
 * cpuidle-haltpoll does, which polls by itself before it halts; this guest does not, so it is
 * halt_poll_ns=0 by the guest's own wish. Skipped where the guest is not offered it.
 */
#include "workloads/workload.h"

#define DELAY	0
#define POLL	1
#define BY_HOST 0

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/pv.h"
#include "workloads/runtime/x86_64/runtime.h"
#else
#include <time.h>

#include "arch.h"
#endif

#define MSR_TSC_DEADLINE 0x6e0

static uint64_t delay_cycles(const struct workload_ctx *ctx)
{
	/* If the frequency is not known, the delay is taken as if the clock ran at 1 GHz. */
	return ctx->tsc_khz ? ctx->params[DELAY] * ctx->tsc_khz / 1000000 : ctx->params[DELAY];
}

static int setup(struct workload_ctx *ctx)
{
	ctx->state[0] = delay_cycles(ctx);
#ifdef HV_GUEST
	apic__timer_deadline_mode(HV_VECTOR_TIMER);
	if (ctx->params[POLL] == BY_HOST)
		return HV_REFUSED_NONE;
	if (!(pv__kvm_features() & PV_KVM_POLL_CONTROL))
		return HV_REFUSED_NOT_OFFERED;
	pv__wrmsr(MSR_KVM_POLL_CONTROL, 0);
	return HV_REFUSED_NONE;
#else
	return ctx->params[POLL] == BY_HOST ? HV_REFUSED_NONE : HV_REFUSED_NOT_OFFERED;
#endif
}

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	struct irq_slot *slot = &irq_slots[HV_VECTOR_TIMER];
	uint64_t seen = slot->count;
	uint64_t deadline = arch_clock_plain() + ctx->state[0];

	(void)n;
	arch_wrmsr(MSR_TSC_DEADLINE, deadline);
	ring0_halt_until_irq((void *)HV_VECTOR_TIMER, seen);
	/*
	 * A timer that KVM advances too far fires early: count that as 0 late instead of wrapping
	 * to 2^64.
	 */
	return slot->tsc > deadline ? slot->tsc - deadline : 0;
}
#else
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	const struct timespec delay = { (time_t)(ctx->params[0] / 1000000000),
					(long)(ctx->params[0] % 1000000000) };
	uint64_t deadline = arch_clock() + ctx->state[0], now;

	(void)n;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, NULL);
	now = arch_clock();
	return now > deadline ? now - deadline : 0;
}
#endif

static const char *const pollers[] = { "host", "guest", NULL };

DEFINE_WORKLOAD(workload_halt_wake) = {
	.name = "halt-wake",
	.what = "lateness of a TSC-deadline timer that wakes a halted vCPU",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_SELF_TIMED,
	.unit = "cycles",
	.ring = 0,
	.needs = NEEDS_LAPIC | NEEDS_DEADLINE_TIMER,
	.exits_note = "HLT (hlt), MSR_WRITE (msr) for the deadline and for EOI; the timer's own "
		      "exit depends on the host (PREEMPTION_TIMER)",
	.params = {
		{ "delay", "from setting the timer to its deadline",
		  PARAM_TIME_NS, 100000, 1000, 1000000000, NULL },
		{ "poll", "who polls before it sleeps: KVM, or not KVM", PARAM_CHOICE, BY_HOST, 0,
		  0, pollers },
	},
	.native = true,
	.setup = setup,
	.run = run,
};
