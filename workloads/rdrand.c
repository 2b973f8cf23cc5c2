/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RDRAND or RDSEED. They do not exit: what they cost is the CPU's random number generator, which
 * all CPUs share, and the microcode's serialization (SRBDS). A VM that draws many slows down the
 * others. Whether a number was ready is not looked at.
 *
 * Timed: n instructions back to back, and the loop is subtracted. No peer measures it.
 */
#include "arch.h"
#include "workloads/workload.h"

#define RDSEED		   1
#define CPUID_1_ECX_RDRAND (1u << 30)
#define CPUID_7_EBX_RDSEED (1u << 18)

static int setup(struct workload_ctx *ctx)
{
	uint32_t reg[4];

	arch_cpuid(ctx->params[0] == RDSEED ? 7 : 1, 0, reg);
	if (ctx->params[0] == RDSEED)
		return reg[1] & CPUID_7_EBX_RDSEED ? HV_REFUSED_NONE : HV_REFUSED_NOT_THERE;
	return reg[2] & CPUID_1_ECX_RDRAND ? HV_REFUSED_NONE : HV_REFUSED_NOT_THERE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t value;

	if (ctx->params[0] == RDSEED)
		while (n--)
			asm volatile("rdseed %0" : "=r"(value)::"cc", "memory");
	else
		while (n--)
			asm volatile("rdrand %0" : "=r"(value)::"cc", "memory");
	return 0;
}

static const char *const insns[] = { "rdrand", "rdseed", NULL };

DEFINE_WORKLOAD(workload_rdrand) = {
	.name = "rdrand",
	.what = "a random number from the CPU: RDRAND or RDSEED",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.native = true,
	.optional = "RDRAND and RDSEED",
	.params = { { "insn", "the instruction", PARAM_CHOICE, 0, 0, 0, insns } },
	.setup = setup,
	.run = run,
};
