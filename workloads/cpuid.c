/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUID exits unconditionally on VMX, and on SVM under every hypervisor we know of. In a native
 * process it costs the instruction itself or, where the machine is itself a guest, an exit to the
 * hypervisor below.
 *
 * KVM looks for the leaf in the list that the VMM gave it, from the beginning, and once more for
 * the range's last leaf if it does not find it: leaf=13:subleaf=0xffff, which is in none, is some
 * 200 instructions longer than leaf 0, which comes first.
 *
 * Timed: n instructions back to back, and the loop is subtracted. kvm-unit-tests: cpuid, which asks
 * for whatever the last answer left in EAX and ECX: leaf 0, and by its answer leaf 13 with the
 * vendor's last four letters as its subleaf, in turns. HyperBench: cpuid.
 */
#include "arch.h"
#include "workloads/workload.h"

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint32_t leaf = (uint32_t)ctx->params[0], subleaf = (uint32_t)ctx->params[1];
	uint32_t reg[4];

	while (n--)
		arch_cpuid(leaf, subleaf, reg);
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
		{ "subleaf", "and its subleaf (ECX)", PARAM_HEX, 0, 0, 0xffffffff, NULL },
	},
	.run = run,
};
