/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One interrupt to all other vCPUs: from just before the sender's write of the ICR, with the
 * shorthand for all but itself, to the first instruction of the handler that comes last. What a
 * guest's TLB shootdown, membarrier(2) or stop_machine() waits for. KVM walks its APIC map and
 * kicks each vCPU in turn, so it grows with their number: vcpus=N.
 *
 * by=hypercall: KVM's own call for it (KVM_HC_SEND_IPI, what Linux uses as a guest of KVM), with a
 * bitmap of the receivers: one exit for 128 of them where the shorthand is not possible. Skipped
 * where the guest is not offered it.
 *
 * target=halted: the receivers are in HLT and have to be woken as well. No other tool measures a
 * broadcast; ipi is the interrupt to one.
 */
#include "workloads/workload.h"

#define TARGET 0
#define GAP    1
#define BY     2
enum { TARGET_SPINNING, TARGET_HALTED };
static const char *const targets[] = { "spinning", "halted", NULL };
enum { BY_ICR, BY_HYPERCALL };
static const char *const by[] = { "icr", "hypercall", NULL };

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/pv.h"
#include "workloads/runtime/x86_64/runtime.h"

#define KVM_HC_SEND_IPI 10

enum { STATE_WAITING, STATE_SENT_TSC, STATE_ROUND, STATE_AMD };
#define WAIT_CYCLES (1ull << 33)

static int setup(struct workload_ctx *ctx)
{
	ctx->state[STATE_AMD] = (uint64_t)arch_is_amd();
	return ctx->params[BY] == BY_HYPERCALL && !(pv__kvm_features() & PV_KVM_SEND_IPI) ?
		       HV_REFUSED_NOT_THERE :
		       HV_REFUSED_NONE;
}

static uint64_t ring0_send(void *ctx_pointer, uint64_t vector)
{
	struct workload_ctx *ctx = ctx_pointer;
	uint64_t ret = KVM_HC_SEND_IPI, others = ~0ull >> (64 - ctx->nr_cpus) & ~1ull, high = 0;

	ctx->state[STATE_SENT_TSC] = arch_clock_plain();
	if (ctx->params[BY] == BY_ICR)
		return ring0_send_others(NULL, vector);
	if (ctx->state[STATE_AMD])
		asm volatile("vmmcall"
			     : "+a"(ret)
			     : "b"(others), "c"(high), "d"(0ull), "S"(vector)
			     : "memory");
	else
		asm volatile("vmcall"
			     : "+a"(ret)
			     : "b"(others), "c"(high), "d"(0ull), "S"(vector)
			     : "memory");
	return ret;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	struct irq_slot *slot = &irq_slots[HV_VECTOR_BROADCAST];
	uint64_t others = ctx->nr_cpus - 1, start = arch_clock(), all, gap = ctx->params[GAP];

	(void)n;
	if (ctx->tsc_khz)
		gap = gap * ctx->tsc_khz / 1000000;
	ctx->state[STATE_ROUND]++;
	all = ctx->state[STATE_ROUND] * others;
	/* All say that they wait; those that halt get time to reach their HLT. */
	while (ctx->state[STATE_WAITING] < all)
		if (arch_clock() - start > WAIT_CYCLES)
			return HV_EVENT_LOST;
	start = arch_clock();
	while (arch_clock() - start < gap)
		arch_pause();
	all = slot->count + others;
	ring0(ring0_send, ctx, HV_VECTOR_BROADCAST);
	start = arch_clock();
	while (slot->count < all)
		if (arch_clock() - start > WAIT_CYCLES)
			return HV_EVENT_LOST;
	return slot->tsc - ctx->state[STATE_SENT_TSC];
}

static void assist(struct workload_ctx *ctx)
{
	struct irq_slot *slot = &irq_slots[HV_VECTOR_BROADCAST];
	uint64_t others = ctx->nr_cpus - 1, base = slot->count;

	for (uint64_t round = 1; !*ctx->stop; round++) {
		uint64_t all = base + round * others;

		__atomic_add_fetch(&ctx->state[STATE_WAITING], 1, __ATOMIC_ACQ_REL);
		/* Only its own interrupt wakes it: it must not halt again until the others come. */
		if (ctx->params[TARGET] == TARGET_HALTED)
			ring0(ring0_halt_until_count, &ctx->stop, all - others + 1);
		while (slot->count < all && !*ctx->stop)
			;
	}
}
#endif

DEFINE_WORKLOAD(workload_ipi_broadcast) = {
	.name = "ipi-broadcast",
	.what = "one interrupt to all other vCPUs, from sending to the last handler",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_SELF_TIMED,
	.unit = "cycles",
	.ring = 3,
	.optional = "KVM's hypercall for interrupts",
	.vcpus = 4,
	.needs = NEEDS_LAPIC,
	.exits_note = "MSR_WRITE (msr) for the ICR, by=hypercall VMCALL (hypercall); for each "
		      "receiver MSR_WRITE (msr) for EOI and a kick, unless it is posted, or HLT "
		      "(hlt)",
	.params = {
		{ "target", "what the receivers do",
		  PARAM_CHOICE, TARGET_SPINNING, 0, 0, targets },
		{ "gap", "pause before each interrupt", PARAM_TIME_NS, 50000, 0, 1000000000, NULL },
		{ "by", "what it is sent by", PARAM_CHOICE, BY_ICR, 0, 0, by },
	},
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
	.assist = GUEST_ONLY(assist),
};
