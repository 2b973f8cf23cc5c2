/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control and debug registers as a guest's kernel uses them. CR0 and CR4 are intercepted for the
 * bits that KVM has to know of; the task priority is kept by the CPU. (CR3: set-cr3.)
 *
 *   cr0-wp    clears CR0.WP and sets it again: two writes of CR0 are one operation. KVM recomputes
 *             the role of its MMU. VMX leaves the bit to the guest from Linux 6.4 on (Debian's
 *             6.1 has it too): 0 exits; SVM intercepts writes that change more than TS and MP.
 *             others=clear writes 0 to all bits but PE, PG and WP, of which ET always reads as 1:
 *             on VMX such a write exits whatever the kernel. kvm-unit-tests: toggle_cr0_wp
 *             (others=clear)
 *   cr4-pge   clears CR4.PGE and sets it again, which flushes the guest's TLB: again two writes.
 *             VMX leaves the bit to the guest, SVM intercepts all writes of CR4.
 *             kvm-unit-tests: toggle_cr4_pge
 *   cr8       reads or writes the task priority. Exits only where the CPU has no TPR shadow
 *             (VMX), or a pending interrupt waits for a lower priority.
 *             kvm-unit-tests: mov_from_cr8, mov_to_cr8
 *   dr7       writes the value that disables all breakpoints. The first access after any other exit
 *             exits, for which KVM then leaves the debug registers to the guest: in a loop, none.
 *             kvm-unit-tests: mov_dr
 *
 * Timed: n writes (or reads) back to back at CPL0, and the loop is subtracted.
 */
#include "workloads/workload.h"

enum { OTHERS_KEEP, OTHERS_CLEAR };

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

#define CR0_PE	     (1ull << 0)
#define CR0_WP	     (1ull << 16)
#define CR0_PG	     (1ull << 31)
#define CR4_PGE	     (1ull << 7)
#define DR7_DISABLED 0x400ull

static uint64_t ring0_read_cr0(void *unused, uint64_t arg)
{
	uint64_t value;

	(void)unused;
	(void)arg;
	asm volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static uint64_t ring0_read_cr4(void *unused, uint64_t arg)
{
	uint64_t value;

	(void)unused;
	(void)arg;
	asm volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static int setup_cr0(struct workload_ctx *ctx)
{
	ctx->state[0] = ctx->params[0] == OTHERS_KEEP ? ring0(ring0_read_cr0, 0, 0) | CR0_WP :
							CR0_PE | CR0_WP | CR0_PG;
	return HV_REFUSED_NONE;
}

static int setup_cr4(struct workload_ctx *ctx)
{
	ctx->state[0] = ring0(ring0_read_cr4, 0, 0) | CR4_PGE;
	return HV_REFUSED_NONE;
}

static uint64_t run_cr0(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t with = ctx->state[0], without = with & ~CR0_WP;

	while (n--)
		asm volatile("mov %0, %%cr0; mov %1, %%cr0" ::"r"(without), "r"(with) : "memory");
	return 0;
}

static uint64_t run_cr4(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t with = ctx->state[0], without = with & ~CR4_PGE;

	while (n--)
		asm volatile("mov %0, %%cr4; mov %1, %%cr4" ::"r"(without), "r"(with) : "memory");
	return 0;
}

static uint64_t run_cr8(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t value = 0;

	if (ctx->params[0])
		while (n--)
			asm volatile("mov %%cr8, %0" : "=r"(value)::"memory");
	else
		while (n--)
			asm volatile("mov %0, %%cr8" ::"r"(value) : "memory");
	return 0;
}

static uint64_t run_dr7(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t value = DR7_DISABLED;

	(void)ctx;
	while (n--)
		asm volatile("mov %0, %%dr7" ::"r"(value) : "memory");
	return 0;
}
#endif

static const char *const ops[] = { "write", "read", NULL };
static const char *const others[] = { "keep", "clear", NULL };

/* On VMX a write that would change a bit that is not the guest's own exits. */
static const struct workload_exit *exits_of_cr0(const uint64_t *params)
{
	static const struct workload_exit own[] = { { NULL, "cr0_sel_write", 2, 0 }, { 0 } };
	static const struct workload_exit all[] = { { "CR_ACCESS", "cr0_sel_write", 2, 0 }, { 0 } };

	return params[0] == OTHERS_KEEP ? own : all;
}

DEFINE_WORKLOAD(workload_cr0_wp) = {
	.name = "cr0-wp",
	.what = "CR0.WP off and on again: two writes of CR0",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "writes of CR0 in long mode",
	.exits_with = exits_of_cr0,
	.exits_note =
		"on VMX 2 CR_ACCESS before Linux 6.4 and the stable kernels that took it over",
	.params = { { "others", "what is written to CR0's other bits but PE and PG", PARAM_CHOICE,
		      OTHERS_KEEP, 0, 0, others } },
	.setup = GUEST_ONLY(setup_cr0),
	.run = GUEST_ONLY(run_cr0),
};

DEFINE_WORKLOAD(workload_cr4_pge) = {
	.name = "cr4-pge",
	.what = "CR4.PGE off and on again: two writes of CR4",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "global pages (CR4.PGE)",
	.exits = { { NULL, "write_cr4", 2 } },
	.exits_note = "on VMX 2 CR_ACCESS without EPT",
	.setup = GUEST_ONLY(setup_cr4),
	.run = GUEST_ONLY(run_cr4),
};

DEFINE_WORKLOAD(workload_cr8) = {
	.name = "cr8",
	.what = "a write or read of CR8, the task priority",
	.group = GROUP_INTERRUPT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "CR8",
	.needs = NEEDS_LAPIC,
	.params = { { "op", "direction", PARAM_CHOICE, 0, 0, 0, ops } },
	.run = GUEST_ONLY(run_cr8),
};

DEFINE_WORKLOAD(workload_dr7) = {
	.name = "dr7",
	.what = "a write of DR7 that leaves all breakpoints off",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "debug registers",
	.exits_note = "one DR_ACCESS or write_dr7 after each exit of another kind, and no more "
		      "until the next",
	.run = GUEST_ONLY(run_dr7),
};
