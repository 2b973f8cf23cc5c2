/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A port that nothing in the kernel handles: the exit goes on to the VMM and back, the whole way to
 * a device model in user space.
 */
#include "arch.h"
#include "workloads/slowdown.h"
#include "workloads/workload.h"

#define OP    0
#define EXTRA 1

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t extra = ctx->params[EXTRA];

	if (ctx->params[OP] == 0)
		REPEAT_SLOWED(n, extra, arch_out8(HV_PORT_USER, 0));
	else
		REPEAT_SLOWED(n, extra, arch_in8(HV_PORT_USER));
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
		SLOWDOWN_PARAM,
	},
	.run = GUEST_ONLY(run),
};
