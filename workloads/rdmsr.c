/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a model-specific register that hypervisors intercept. The default, IA32_MISC_ENABLE, is
 * read by KVM from memory. IA32_TSC (0x10) exits on SVM only, the bases of FS and GS (0xc0000100 to
 * 0xc0000102) nowhere. kvm-unit-tests: rd_tsc_adjust_msr (msr=0x3b).
 *
 * Timed: n reads back to back at CPL0, and the loop is subtracted.
 */
#include "arch.h"
#include "workloads/workload.h"

#define MSR_TSC		   0x10
#define MSR_FS_BASE	   0xc0000100
#define MSR_KERNEL_GS_BASE 0xc0000102

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint32_t msr = (uint32_t)ctx->params[0];

	while (n--)
		arch_rdmsr(msr);
	return 0;
}
#endif

static const struct workload_exit *exits_with(const uint64_t *params)
{
	static const struct workload_exit none[] = { { 0 } };
	static const struct workload_exit svm[] = { { NULL, "msr", 1, 0 }, { 0 } };
	static const struct workload_exit one[] = { { "MSR_READ", "msr", 1, 0 }, { 0 } };

	if (params[0] >= MSR_FS_BASE && params[0] <= MSR_KERNEL_GS_BASE)
		return none;
	return params[0] == MSR_TSC ? svm : one;
}

DEFINE_WORKLOAD(workload_rdmsr) = {
	.name = "rdmsr",
	.what = "RDMSR of an intercepted register",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "this model-specific register",
	.exits_with = exits_with,
	.exits_note = "0 for a register the hypervisor passes through",
	.params = {
		{ "msr", "number of the register", PARAM_HEX, 0x1a0, 0, 0xffffffff, NULL },
	},
	.run = GUEST_ONLY(run),
};
