/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one VM to another on the same CPU: half of the way from this VM to the other and back. Both
 * have one vCPU, whose threads are kept on one CPU. Each rings a doorbell that is the other's
 * interrupt (an ioeventfd of one and an irqfd of the other share an eventfd, so nothing passes
 * through user space) and halts; the scheduler then has only the other to run.
 *
 * Timed: from just before this VM's doorbell to the first instruction of its own handler, when the
 * other has answered, divided by two. In each direction that is a doorbell, an interrupt injected
 * into a halted vCPU, HLT, and the switch of threads and VMs itself; pio-ioeventfd is the first of
 * them alone. ISCA 2016: VM Switch. kvm-unit-tests has none.
 *
 * The host's half: bench/backends/kvm/peer.c
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

static void wait_for_other(uint64_t seen)
{
	ring0(ring0_halt_until_irq, (void *)HV_VECTOR_INJECT, seen);
}

/* In the other VM: answers for as long as it is let. */
static __attribute__((noreturn)) void answer(struct workload_ctx *ctx)
{
	struct irq_slot *slot = &irq_slots[HV_VECTOR_INJECT];
	uint64_t seen = slot->count;

	__atomic_store_n(&ctx->kick->guest_seq, 1, __ATOMIC_RELEASE);
	for (;;) {
		wait_for_other(seen);
		seen++;
		arch_out16(HV_PORT_IOEVENTFD, 0);
	}
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	struct irq_slot *slot = &irq_slots[HV_VECTOR_INJECT];
	uint64_t seen = slot->count, start;

	(void)n;
	if (ctx->kick->role == HV_ROLE_ANSWER)
		answer(ctx);
	start = arch_clock();
	arch_out16(HV_PORT_IOEVENTFD, 0);
	wait_for_other(seen);
	return (slot->tsc - start) / 2;
}
#endif

DEFINE_WORKLOAD(workload_vm_switch) = {
	.name = "vm-switch",
	.what = "from one VM to another on the same CPU: half of there and back",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_SELF_TIMED,
	.unit = "cycles",
	.ring = 3,
	.needs = NEEDS_LAPIC | NEEDS_IOEVENTFD | NEEDS_PEER,
	.exits_note = "in each direction a doorbell (IO_INSTRUCTION or io) and a HLT",
	.run = GUEST_ONLY(run),
};
