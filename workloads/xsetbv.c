/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XSETBV of the value that XCR0 has. It exits always on VMX, and KVM intercepts it on SVM: the
 * register says which parts of the FPU's state there are, and KVM has to switch it. An operating
 * system writes it once for each CPU, so what matters here is only that the exit is a plain one.
 * (QEMU's SVM does not let it be intercepted: no exit there.)
 *
 * Timed: n instructions back to back at CPL0, and the loop is subtracted. No peer measures it.
 */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

#define CPUID_1_ECX_XSAVE (1u << 26)
#define CR4_OSXSAVE	  (1ull << 18)

static uint64_t ring0_enable(void *unused, uint64_t bits)
{
	uint64_t cr4;

	(void)unused;
	asm volatile("mov %%cr4, %0" : "=r"(cr4));
	asm volatile("mov %0, %%cr4" ::"r"(cr4 | bits) : "memory");
	return 0;
}

static int setup(struct workload_ctx *ctx)
{
	uint32_t reg[4], low, high;

	arch_cpuid(1, 0, reg);
	if (!(reg[2] & CPUID_1_ECX_XSAVE))
		return HV_REFUSED_NOT_THERE;
	ring0(ring0_enable, 0, CR4_OSXSAVE);
	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	ctx->state[0] = low;
	ctx->state[1] = high;
	return HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint32_t low = (uint32_t)ctx->state[0], high = (uint32_t)ctx->state[1];

	while (n--)
		asm volatile("xsetbv" ::"c"(0), "a"(low), "d"(high) : "memory");
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_xsetbv) = {
	.name = "xsetbv",
	.what = "XSETBV of the value that XCR0 has",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "XSAVE",
	.exits = { { "XSETBV", "xsetbv", 1 } },
	.exits_note = "none in QEMU's SVM, which cannot intercept it",
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
