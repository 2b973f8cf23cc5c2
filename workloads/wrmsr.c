/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes 0 to a model-specific register whose writes hypervisors intercept and ignore: by default
 * IA32_BIOS_SIGN_ID, which a guest may only clear.
 */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint32_t msr = (uint32_t)ctx->params[0];

	while (n--)
		arch_wrmsr(msr, 0);
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_wrmsr) = {
	.name = "wrmsr",
	.what = "WRMSR of 0 to an intercepted register",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.exits = { { "MSR_WRITE", "msr", 1 } },
	.exits_note = "0 for a register the hypervisor passes through",
	.params = {
		{ "msr", "number of the register", PARAM_COUNT, 0x8b, 0, 0xffffffff, NULL },
	},
	.run = GUEST_ONLY(run),
};
