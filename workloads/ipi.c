/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An inter-processor interrupt: from just before the sender's write of the ICR to the first
 * instruction of the receiver's handler. The receiver spins at CPL3 or is halted. Both read the
 * same TSC (the VMM gives all vCPUs one offset).
 */
#include "workloads/workload.h"

#define TARGET 0
#define GAP    1
enum { TARGET_SPINNING, TARGET_HALTED };
static const char *const targets[] = { "spinning", "halted", NULL };

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

enum { STATE_WAITING, STATE_SENT_TSC };
#define WAIT_CYCLES (1ull << 33)

static uint64_t ring0_send(void *ctx_pointer, uint64_t apic_id)
{
	struct workload_ctx *ctx = ctx_pointer;

	ctx->state[STATE_SENT_TSC] = arch_clock_plain();
	apic__send_ipi((uint32_t)apic_id, HV_VECTOR_IPI);
	return 0;
}

static uint64_t gap_cycles(const struct workload_ctx *ctx)
{
	return ctx->tsc_khz ? ctx->params[GAP] * ctx->tsc_khz / 1000000 : ctx->params[GAP];
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	struct irq_slot *slot = &irq_slots[HV_VECTOR_IPI];
	uint64_t seen = slot->count, start = arch_clock();

	(void)n;
	/*
	 * The receiver says that it is waiting; a halted one then gets time (`gap`) to reach its
	 * HLT.
	 */
	while (ctx->state[STATE_WAITING] != seen + 1)
		if (arch_clock() - start > WAIT_CYCLES)
			return HV_EVENT_LOST;
	start = arch_clock();
	while (arch_clock() - start < gap_cycles(ctx))
		arch_pause();
	ring0(ring0_send, ctx, 1);
	start = arch_clock();
	while (slot->count == seen)
		if (arch_clock() - start > WAIT_CYCLES)
			return HV_EVENT_LOST;
	return slot->tsc - ctx->state[STATE_SENT_TSC];
}

static void assist(struct workload_ctx *ctx)
{
	struct irq_slot *slot = &irq_slots[HV_VECTOR_IPI];

	if (ctx->cpu != 1)
		return;
	while (!*ctx->stop) {
		uint64_t seen = slot->count;

		ctx->state[STATE_WAITING] = seen + 1;
		if (ctx->params[TARGET] == TARGET_HALTED)
			ring0(ring0_halt_until_irq, (void *)HV_VECTOR_IPI, seen);
		else
			while (slot->count == seen && !*ctx->stop)
				;
	}
}
#endif

DEFINE_WORKLOAD(workload_ipi) = {
	.name = "ipi",
	.what = "inter-processor interrupt, from sending to the receiver's handler",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_SELF_TIMED,
	.unit = "cycles",
	.ring = 3,
	.vcpus = 2,
	.needs = NEEDS_LAPIC,
	.exits_note = "the ICR write unless IPIs are virtualized; the kick or HLT of the receiver",
	.params = {
		{ "target", "what the receiver does",
		  PARAM_CHOICE, TARGET_SPINNING, 0, 0, targets },
		{ "gap", "pause before each interrupt", PARAM_TIME_NS, 50000, 0, 1000000000, NULL },
	},
	.run = GUEST_ONLY(run),
	.assist = GUEST_ONLY(assist),
};
