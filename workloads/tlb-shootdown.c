/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TLB shootdown: vCPU 0 has changed page tables that all vCPUs use, and waits until none of them
 * goes by what it remembers. A guest's munmap(), mprotect() and page migration wait for it.
 *
 *   by=ipi     an interrupt to all others by the ICR's shorthand, whose handler flushes: what a
 *              guest does by itself. A halted or preempted vCPU has to be woken, or waited for.
 *   by=kvm     KVM's PV TLB flush: a vCPU whose steal time record says that it was preempted is
 *              marked, and KVM flushes before it runs again; only the others are interrupted, all
 *              by the shorthand or else one by one. A halted vCPU does not count as preempted
 *              (Linux 5.10.262 and 6.1.192), and is woken as with by=ipi
 *   by=hyperv  Hyper-V's call (HvCallFlushVirtualAddressSpace) for all processors and all address
 *              spaces: one exit, and the hypervisor knows who runs
 *
 * Timed: from vCPU 0's first step to having its own TLB flushed and all the others' answers, as
 * operating systems wait for. target=halted has the others in HLT; before each the first one waits
 * (`gap`), so that they get there. Skipped where the guest is not offered it.
 *
 * HyperBench: TLB shootdown (there two CPUs). invlpg is one vCPU's own part of it; ipi-broadcast
 * is the interrupt without the flush and the way back.
 */
#include "workloads/workload.h"

#define TARGET 0
#define GAP    1
#define BY     2
enum { TARGET_SPINNING, TARGET_HALTED };
static const char *const targets[] = { "spinning", "halted", NULL };
enum { BY_IPI, BY_KVM, BY_HYPERV };
static const char *const by[] = { "ipi", "kvm", "hyperv", NULL };

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/pv.h"
#include "workloads/runtime/x86_64/runtime.h"

/* Of struct kvm_steal_time's byte `preempted`, which a uint32_t of ours begins with. */
#define PREEMPTED 1u
#define FLUSH_TLB 2u

#define CALL_FLUSH_SPACE 0x0002ull
#define ALL_PROCESSORS	 1u
#define ALL_SPACES	 2u

enum { STATE_HERE, STATE_PAGE };
#define WAIT_CYCLES (1ull << 33)

/* The input of HvCallFlushVirtualAddressSpace. */
static struct {
	uint64_t space, flags, processors;
} input __attribute__((aligned(32))) = { 0, ALL_PROCESSORS | ALL_SPACES, 0 };

static uint64_t ring0_flush_own(void)
{
	uint64_t cr3;

	asm volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(cr3)::"memory");
	return 0;
}

static uint64_t ring0_call(void *page, uint64_t unused)
{
	uint64_t control = CALL_FLUSH_SPACE, in = (uint64_t)&input, result;

	(void)unused;
	asm volatile("xorl %%r8d, %%r8d\n\tcall *%[page]"
		     : "=a"(result), "+c"(control), "+d"(in)
		     : [page] "r"(page)
		     : "r8", "r9", "r10", "r11", "memory", "cc");
	return result & 0xffff;
}

static int setup(struct workload_ctx *ctx)
{
	const uint32_t kvm = PV_KVM_TLB_FLUSH | PV_KVM_STEAL;

	switch (ctx->params[BY]) {
	case BY_KVM:
		return (pv__kvm_features() & kvm) == kvm ? HV_REFUSED_NONE : HV_REFUSED_NOT_THERE;
	case BY_HYPERV:
		if (!(pv__hyperv_features() & PV_HV_HYPERCALL) ||
		    !(pv__hyperv_recommends() & PV_HV_FLUSH_BY_CALL))
			return HV_REFUSED_NOT_THERE;
		ctx->state[STATE_PAGE] = (uint64_t)pv__hyperv_call_page();
		return ring0(ring0_call, (void *)ctx->state[STATE_PAGE], 0) ? HV_REFUSED_NOT_THERE :
									      HV_REFUSED_NONE;
	}
	return HV_REFUSED_NONE;
}

/* Whether KVM will flush for that vCPU, since it does not run. */
static bool left_to_kvm(uint32_t cpu)
{
	uint32_t *record = &mailbox.steal[cpu].preempted;
	uint32_t state = __atomic_load_n(record, __ATOMIC_ACQUIRE);

	return state & PREEMPTED &&
	       __atomic_compare_exchange_n(record, &state, state | FLUSH_TLB, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* Interrupts those who run. */
static uint64_t ring0_ask_running(struct workload_ctx *ctx)
{
	uint64_t running = 0;
	uint32_t asked = 0;

	for (uint32_t cpu = 1; cpu < ctx->nr_cpus; cpu++)
		if (!left_to_kvm(cpu)) {
			running |= 1ull << cpu;
			asked++;
		}
	if (asked == ctx->nr_cpus - 1)
		ring0_send_others(NULL, HV_VECTOR_FLUSH);
	else
		for (uint32_t cpu = 1; cpu < ctx->nr_cpus; cpu++)
			if (running & 1ull << cpu)
				apic__send_ipi(cpu, HV_VECTOR_FLUSH);
	return asked;
}

/* Returns how many vCPUs will answer. */
static uint64_t ring0_shoot(void *ctx_pointer, uint64_t unused)
{
	struct workload_ctx *ctx = ctx_pointer;
	uint64_t asked = 0;

	(void)unused;
	switch (ctx->params[BY]) {
	case BY_IPI:
		asked = ctx->nr_cpus - 1;
		ring0_send_others(NULL, HV_VECTOR_FLUSH);
		break;
	case BY_KVM:
		asked = ring0_ask_running(ctx);
		break;
	default: /* this vCPU is among all processors */
		ring0_call((void *)ctx->state[STATE_PAGE], 0);
		return 0;
	}
	ring0_flush_own();
	return asked;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	const struct irq_slot *slot = &irq_slots[HV_VECTOR_FLUSH];
	uint64_t start = arch_clock(), gap = ctx->params[GAP], seen;

	(void)n;
	if (ctx->tsc_khz)
		gap = gap * ctx->tsc_khz / 1000000;
	while (ctx->state[STATE_HERE] < ctx->nr_cpus - 1)
		if (arch_clock() - start > WAIT_CYCLES)
			return HV_EVENT_LOST;
	start = arch_clock();
	while (arch_clock() - start < gap)
		arch_pause();
	seen = slot->count;
	start = arch_clock();
	seen += ring0(ring0_shoot, ctx, 0);
	while (slot->count < seen)
		if (arch_clock() - start > WAIT_CYCLES)
			return HV_EVENT_LOST;
	return arch_clock() - start;
}

static uint64_t ring0_halt_until_stop(void *stop, uint64_t unused)
{
	volatile uint32_t *told = stop;

	(void)unused;
	while (!*told)
		asm volatile("sti; hlt; cli" ::: "memory");
	return 0;
}

static void assist(struct workload_ctx *ctx)
{
	if (ctx->params[BY] == BY_KVM)
		steal__enable(ctx->cpu);
	__atomic_add_fetch(&ctx->state[STATE_HERE], 1, __ATOMIC_ACQ_REL);
	if (ctx->params[TARGET] == TARGET_HALTED)
		ring0(ring0_halt_until_stop, (void *)ctx->stop, 0);
	while (!*ctx->stop)
		;
}
#endif

/* Halted vCPUs that nobody wakes take no exits. */
static const struct workload_exit *exits_with(const uint64_t *params)
{
	static const struct workload_exit call[] = { { "VMCALL", "hypercall", 1, 0 }, { 0 } };

	return params[TARGET] == TARGET_HALTED && params[BY] == BY_HYPERV ? call : NULL;
}

DEFINE_WORKLOAD(workload_tlb_shootdown) = {
	.name = "tlb-shootdown",
	.what = "all vCPUs of the VM flush their TLB, from asking to the last one's answer",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_SELF_TIMED,
	.unit = "cycles",
	.ring = 3,
	.vcpus = 2,
	.optional = "this way to have other vCPUs' TLBs flushed, offered by the hypervisor",
	.needs = NEEDS_LAPIC | NEEDS_HYPERV,
	.exits_with = exits_with,
	.exits_note = "by=ipi: MSR_WRITE (msr) for the ICR and, for each vCPU, a kick unless it is "
		      "posted, or HLT (hlt), and MSR_WRITE (msr) for EOI; by=kvm: none for those "
		      "that were preempted; by=hyperv: VMCALL (hypercall); in the gap what PAUSE "
		      "takes (PAUSE_INSTRUCTION, pause)",
	.params = {
		{ "target", "what the others do",
		  PARAM_CHOICE, TARGET_SPINNING, 0, 0, targets },
		{ "gap", "pause before each", PARAM_TIME_NS, 50000, 0, 1000000000, NULL },
		{ "by", "who sees to it", PARAM_CHOICE, BY_IPI, 0, 0, by },
	},
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
	.assist = GUEST_ONLY(assist),
};
