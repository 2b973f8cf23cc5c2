/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUID exits unconditionally on VMX, and on SVM under every hypervisor we know of. In a native
 * process it costs the instruction itself or, where the machine is itself a guest, an exit to the
 * hypervisor below.
 */
#include "arch.h"
#include "workloads/workload.h"

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint32_t leaf = (uint32_t)ctx->params[0];
	uint32_t reg[4];

	while (n--)
		arch_cpuid(leaf, 0, reg);
	return 0;
}

DEFINE_WORKLOAD(workload_cpuid) = {
	.name = "cpuid",
	.what = "CPUID: the plainest exit handled in the kernel",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.native = true,
	.exits = { { "CPUID", "cpuid", 1 } },
	.params = {
		{ "leaf", "CPUID leaf to ask for", PARAM_COUNT, 0, 0, 0xffffffff, NULL },
	},
	.run = run,
};
