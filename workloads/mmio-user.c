/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An address with no memory behind it: KVM decodes the instruction and hands the access to the VMM.
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
		REPEAT_SLOWED(n, extra, arch_mmio_write32(HV_MMIO_USER, 0));
	else
		REPEAT_SLOWED(n, extra, arch_mmio_read32(HV_MMIO_USER));
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
		SLOWDOWN_PARAM,
	},
	.run = GUEST_ONLY(run),
};
