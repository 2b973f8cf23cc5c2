/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A port nobody in the kernel handles: the exit goes on to the VMM and back, the whole way a device
 * model in user space is reached.
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
			arch_out8(HV_PORT_USER, 0);
		else
			arch_in8(HV_PORT_USER);
	}
	return 0;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	if (ctx->params[EXTRA])
		return run_extra(ctx, n);
	if (ctx->params[OP] == 0) {
		while (n--)
			arch_out8(HV_PORT_USER, 0);
	} else {
		while (n--)
			arch_in8(HV_PORT_USER);
	}
	return 0;
}
#endif

static const char *const ops[] = { "write", "read", NULL };

DEFINE_WORKLOAD(workload_pio_user) = {
	.name = "pio-user",
	.what = "one byte to a port that the VMM handles in user space",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.needs = NEEDS_USER_SPACE,
	.user_exits = 1,
	.exits = { { "IO_INSTRUCTION", "io", 1 } },
	.params = {
		{ "op", "direction", PARAM_CHOICE, 0, 0, 0, ops },
		{ "extra", "iterations of an empty loop before each operation: a slow-down of known size",
		  PARAM_COUNT, 0, 0, 1000000000, NULL },
	},
	.run = GUEST_ONLY(run),
};
