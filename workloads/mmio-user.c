/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An address with no memory behind it: KVM decodes the instruction and hands the access to the VMM.
 */
#include "arch.h"
#include "workload.h"

#define OP	0
#define EXTRA	1

#ifdef HV_GUEST
/* A known slow-down: what a comparison has to find is put in on purpose. */
static uint64_t run_extra(struct workload_ctx *ctx, uint64_t n)
{
	while (n--) {
		for (uint64_t i = ctx->params[EXTRA]; i; i--)
			asm volatile("" : "+r"(i));
		if (ctx->params[OP] == 0)
			arch_mmio_write32(HV_MMIO_USER, 0);
		else
			arch_mmio_read32(HV_MMIO_USER);
	}
	return 0;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	if (ctx->params[EXTRA])
		return run_extra(ctx, n);
	if (ctx->params[OP] == 0) {
		while (n--)
			arch_mmio_write32(HV_MMIO_USER, 0);
	} else {
		while (n--)
			arch_mmio_read32(HV_MMIO_USER);
	}
	return 0;
}
#endif

static const char *const ops[] = { "write", "read", NULL };

DEFINE_WORKLOAD(workload_mmio_user) = {
	.name = "mmio-user",
	.what = "32 bits to or from an address that the VMM handles in user space",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.needs = NEEDS_USER_SPACE,
	.user_exits = 1,
	.exits = { { "EPT_MISCONFIG", "npf", 1 } },
	.params = {
		{ "op", "direction", PARAM_CHOICE, 0, 0, 0, ops },
		{ "extra", "iterations of an empty loop before each operation: a slow-down of known size",
		  PARAM_COUNT, 0, 0, 1000000000, NULL },
	},
	.run = GUEST_ONLY(run),
};
