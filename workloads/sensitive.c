/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions that show or load the state of the system and need not exit. The unprivileged ones
 * are those that once kept x86 from being virtualized by traps alone (Robin and Irvine, USENIX
 * Security 2000). KVM lets all of them run; only where it has to emulate UMIP for a guest, on CPUs
 * without it, does it intercept the stores of descriptor tables.
 *
 *   descriptors   SGDT, SIDT, SLDT, STR or SMSW       HyperBench: sgdt, sidt, sldt
 *   lgdt          LGDT or LIDT of the value it has    HyperBench: lgdt
 *   pushf         PUSHF and POPF                      HyperBench: pushf-popf
 *
 * Timed: n instructions (pairs) back to back, and the loop is subtracted.
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

enum { SGDT, SIDT, SLDT, STR, SMSW };

static uint64_t run_descriptors(struct workload_ctx *ctx, uint64_t n)
{
	uint8_t table[16];
	uint16_t selector;
	uint64_t word;

	switch (ctx->params[0]) {
	case SGDT:
		while (n--)
			asm volatile("sgdt %0" : "=m"(table)::"memory");
		break;
	case SIDT:
		while (n--)
			asm volatile("sidt %0" : "=m"(table)::"memory");
		break;
	case SLDT:
		while (n--)
			asm volatile("sldt %0" : "=m"(selector)::"memory");
		break;
	case STR:
		while (n--)
			asm volatile("str %0" : "=m"(selector)::"memory");
		break;
	default:
		while (n--)
			asm volatile("smsw %0" : "=r"(word)::"memory");
	}
	return 0;
}

static uint64_t run_lgdt(struct workload_ctx *ctx, uint64_t n)
{
	uint8_t table[16];

	if (ctx->params[0]) {
		asm volatile("sidt %0" : "=m"(table)::"memory");
		while (n--)
			asm volatile("lidt %0" ::"m"(table) : "memory");
	} else {
		asm volatile("sgdt %0" : "=m"(table)::"memory");
		while (n--)
			asm volatile("lgdt %0" ::"m"(table) : "memory");
	}
	return 0;
}
#endif

static uint64_t run_pushf(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	/* The red zone of a process lies where they push: step over it. */
	if (n)
		asm volatile("sub $128, %%rsp\n"
			     "1: pushfq; popfq; dec %0; jnz 1b\n"
			     "add $128, %%rsp"
			     : "+r"(n)::"memory", "cc");
	return 0;
}

static const char *const stores[] = { "sgdt", "sidt", "sldt", "str", "smsw", NULL };
static const char *const loads[] = { "lgdt", "lidt", NULL };

DEFINE_WORKLOAD(workload_descriptors) = {
	.name = "descriptors",
	.what = "SGDT, SIDT, SLDT, STR or SMSW",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.optional = "stores of descriptor tables",
	.params = { { "insn", "the instruction", PARAM_CHOICE, 0, 0, 0, stores } },
	.run = GUEST_ONLY(run_descriptors),
};

DEFINE_WORKLOAD(workload_lgdt) = {
	.name = "lgdt",
	.what = "LGDT or LIDT of the table that is loaded",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "loads of descriptor tables",
	.params = { { "insn", "the instruction", PARAM_CHOICE, 0, 0, 0, loads } },
	.run = GUEST_ONLY(run_lgdt),
};

DEFINE_WORKLOAD(workload_pushf) = {
	.name = "pushf",
	.what = "PUSHF and POPF",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.native = true,
	.run = run_pushf,
};
