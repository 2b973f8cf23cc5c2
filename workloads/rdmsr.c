/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a model-specific register that hypervisors intercept. The default, IA32_MISC_ENABLE, is
 * read by KVM from memory; IA32_TSC (0x10) does not exit on VMX.
 */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint32_t msr = (uint32_t)ctx->params[0];

	while (n--)
		arch_rdmsr(msr);
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_rdmsr) = {
	.name = "rdmsr",
	.what = "RDMSR of an intercepted register",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "this model-specific register",
	.exits = { { "MSR_READ", "msr", 1 } },
	.exits_note = "0 for a register the hypervisor passes through",
	.params = {
		{ "msr", "number of the register", PARAM_HEX, 0x1a0, 0, 0xffffffff, NULL },
	},
	.run = GUEST_ONLY(run),
};
