/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest loses by touching a page that the host has to fetch first: from swap, from a
 * snapshot, from the host that it migrates from. Without more the vCPU is gone until the page is
 * there. KVM can tell the guest instead (asynchronous page faults, Documentation/virt/kvm/x86/
 * msr.rst): it raises #PF with a token in CR2, the guest runs something else, and an interrupt says
 * that the page has come.
 *
 *   notify=on   the guest is told. Its other work is a loop that reads the clock
 *   notify=off  it is not; KVM has the page fetched by a kernel thread all the same, and halts the
 *               vCPU meanwhile, so that interrupts wake it
 *
 * A thread of the host provides the page through userfaultfd, `fetch` after it was asked for it
 * (bench/vmm/userfault.c). Timed, for each page, from just before a write to it at CPL3 until it
 * is written:
 *
 *   of=lost   without the time in which the other work ran: what the fault takes from the guest.
 *             Gaps of 300 ns and more between two looks at the clock are not work: exits,
 *             interrupts, and whoever else has had the CPU, as KVM's kernel thread and, on the same
 *             CPU, the one that provides the page
 *   of=whole  all of it: how long the page is in coming
 *
 * With notify=off both are the same. What notify=on saves is the difference of the two at of=lost;
 * what it costs is that of their of=whole: #PF, the interrupt, and that whoever of the host fetches
 * the page waits for a CPU that the vCPU does not leave now.
 *
 * Exits: the fault; the interrupt's EOI and KVM's acknowledgement (an MSR). Where the page comes
 * before the guest's #PF handler has interrupts on, as mostly with fetch=0, KVM has to wait for
 * that: PREEMPTION_TIMER (SVM: interrupt) and INTERRUPT_WINDOW (vintr). Skipped where the guest is
 * not offered it; KVM needs its own local APIC for it. kvm-unit-tests' asyncpf checks that it
 * works; no other tool measures it.
 */
#include "workloads/workload.h"

enum { WORKING_SET, NOTIFY, FETCH, OF };
enum { NOTIFY_ON, NOTIFY_OFF };
enum { OF_LOST, OF_WHOLE };
static const char *const notifies[] = { "on", "off", NULL };
static const char *const figures[] = { "lost", "whole", NULL };

#define PAGE_BYTES 4096

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/pv.h"
#include "workloads/runtime/x86_64/runtime.h"
#include "workloads/watch.h"

#define VECTOR_PF    14
#define LEAST_GAP_NS 300
#define WAIT_CYCLES  (1ull << 33)
#define AVAILABLE    (PV_KVM_ASYNC_PF | PV_KVM_ASYNC_PF_INT)
#define ENABLE	     (1u << 0)
#define BY_INTERRUPT (1u << 3)

/* Of ctx->state: the offset of the next page; whether KVM has ever told of one. */
enum { NEXT, TOLD };

/* Writes a byte. Returns 0, or 1 if KVM says that the page has to be fetched first. */
uint64_t async_pf_write(uint8_t *p);
void async_pf_handler(void);

/*
 * #PF. Of a page that has to be fetched: the write returns 1. If it was any other access (the host
 * may swap out whatever it likes), that is tried again, and KVM halts the vCPU until the page is
 * there. A fault of the guest's own is reported as ever: the stub of vector 14 follows its array's
 * beginning by 14 times 16 bytes.
 */
asm(".pushsection .text\n"
    ".balign 16\n"
    "async_pf_write:\n"
    "	xorl %eax, %eax\n"
    "1:	movb $1, (%rdi)\n"
    "	ret\n"
    "2:	movl $1, %eax\n"
    "	ret\n"
    ".balign 16\n"
    "async_pf_handler:\n"
    "	testl $1, pv_async_pf\n"
    "	jz trap_stubs + 14 * 16\n"
    "	movl $0, pv_async_pf\n"
    "	addq $8, %rsp\n" /* the error code */
    "	cmpq $1b, (%rsp)\n"
    "	jne 3f\n"
    "	movq $2b, (%rsp)\n"
    "3:	iretq\n"
    ".popsection\n");

static uint64_t to_cycles(const struct workload_ctx *ctx, uint64_t ns)
{
	/* If the frequency is not known, times are taken as if the clock ran at 1 GHz. */
	return ctx->tsc_khz ? ns * ctx->tsc_khz / 1000000 : ns;
}

static int setup(struct workload_ctx *ctx)
{
	if (ctx->params[NOTIFY] == NOTIFY_OFF)
		return HV_REFUSED_NONE;
	if ((pv__kvm_features() & AVAILABLE) != AVAILABLE)
		return HV_REFUSED_NOT_THERE;
	trap__handle(VECTOR_PF, async_pf_handler);
	pv__wrmsr(MSR_KVM_ASYNC_PF_INT, HV_VECTOR_PAGE);
	pv__wrmsr(MSR_KVM_ASYNC_PF_EN, (uint64_t)&pv_async_pf | ENABLE | BY_INTERRUPT);
	return HV_REFUSED_NONE;
}

/* Does other work until a page has come. Returns how long it did, or HV_EVENT_LOST. */
static uint64_t work_until_ready(const struct workload_ctx *ctx, uint32_t seen)
{
	uint64_t start = arch_clock_plain(), end;
	struct watch w;

	w = watch__clock(NULL, to_cycles(ctx, LEAST_GAP_NS), start + WAIT_CYCLES,
			 &pv_async_pf.ready, seen);
	end = arch_clock_plain();
	return pv_async_pf.ready == seen ? HV_EVENT_LOST : end - start - w.cycles;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint32_t seen = pv_async_pf.ready;
	uint64_t start, whole, used = 0;
	uint8_t *page = ctx->arena + ctx->state[NEXT];

	(void)n;
	ctx->state[NEXT] += PAGE_BYTES;
	start = arch_clock();
	while (async_pf_write(page)) {
		uint64_t work = work_until_ready(ctx, seen);

		if (work == HV_EVENT_LOST)
			return HV_EVENT_LOST;
		ctx->state[TOLD] = 1;
		seen = pv_async_pf.ready;
		used += work;
	}
	whole = arch_clock() - start;
	/* A KVM that offers it and never tells would be measured as if it had. */
	if (ctx->params[NOTIFY] == NOTIFY_ON && !ctx->state[TOLD])
		return HV_EVENT_LOST;
	return ctx->params[OF] == OF_LOST ? whole - used : whole;
}
#endif

static uint64_t arena_bytes(const uint64_t *params)
{
	return params[WORKING_SET];
}

static uint64_t max_ops(const uint64_t *params)
{
	return params[WORKING_SET] / PAGE_BYTES;
}

static struct workload_fetch fetch(const uint64_t *params)
{
	return (struct workload_fetch){ FAULTS_MISSING, 1, params[FETCH] };
}

static const struct workload_exit *exits_with(const uint64_t *params)
{
	/* The interrupt that says that the page is there: its EOI, and KVM's acknowledgement. */
	static const struct workload_exit told[] = { { "EPT_VIOLATION", "npf", 1, 0 },
						     { "MSR_WRITE", "msr", 2, .apic = 1 },
						     { 0 } };
	static const struct workload_exit not_told[] = { { "EPT_VIOLATION", "npf", 1, 0 }, { 0 } };

	return params[NOTIFY] == NOTIFY_ON ? told : not_told;
}

DEFINE_WORKLOAD(workload_async_pf) = {
	.name = "async-pf",
	.what = "first write to a page that the host has to fetch, without what else ran meanwhile",
	.group = GROUP_MEMORY,
	.kind = WORKLOAD_SELF_TIMED,
	.unit = "cycles",
	.ring = 3,
	.small_pages = true,
	.optional = "asynchronous page faults, offered by the hypervisor",
	.needs = NEEDS_USERFAULT | NEEDS_LAPIC,
	.exits_with = exits_with,
	.exits_note = "with notify=on and a page that comes at once also INTERRUPT_WINDOW (vintr) "
		      "and PREEMPTION_TIMER (interrupt)",
	.params = {
		{ "working_set", "bytes touched in one VM",
		  PARAM_SIZE, 4 << 20, 1 << 16, 1ull << 39, NULL },
		{ "notify", "whether KVM tells the guest", PARAM_CHOICE, NOTIFY_ON, 0, 0,
		  notifies },
		{ "fetch", "how long the host takes until it has the page",
		  PARAM_TIME_NS, 100000, 0, 1000000000, NULL },
		{ "of", "what it takes from the guest, or how long the page is in coming",
		  PARAM_CHOICE, OF_LOST, 0, 0, figures },
	},
	.arena_bytes = arena_bytes,
	.max_ops = max_ops,
	.fetch = fetch,
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
