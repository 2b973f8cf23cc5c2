/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a value to a model-specific register, again and again. The default, 0 to
 * IA32_BIOS_SIGN_ID, which a guest may only clear, is intercepted and ignored: the plain cost of
 * such an exit. Others that guests write often, and whether KVM intercepts them:
 *
 *   msr=0x49 value=1   PRED_CMD, IBPB: the flush of branch prediction between processes. Passed
 *                      through once the guest has written it. kvm-unit-tests: wr_ibpb_msr
 *   msr=0x48 value=1   SPEC_CTRL, IBRS: passed through once a value other than 0 was written. An
 *                      operation of kvm-unit-tests' wr_ibrs_msr is two writes, of 1 and of 0
 *   msr=0xc0000102     KERNEL_GS_BASE: passed through. kvm-unit-tests: wr_kernel_gs_base
 *   msr=0x3b           TSC_ADJUST: intercepted. kvm-unit-tests: wr_tsc_adjust_msr
 *   msr=0x122          TSX_CTRL: intercepted. kvm-unit-tests: wr_tsx_ctrl_msr
 *
 * Timed: n writes back to back at CPL0, and the loop is subtracted. A register that the vCPU does
 * not have raises #GP: then the cell is skipped. What a value does to the guest is the user's
 * responsibility; its VM ends with the round.
 */
#include "arch.h"
#include "workloads/workload.h"

#define MSR		   0
#define VALUE		   1
#define MSR_SPEC_CTRL	   0x48
#define MSR_PRED_CMD	   0x49
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint32_t msr = (uint32_t)ctx->params[MSR];
	uint64_t value = ctx->params[VALUE];

	while (n--)
		arch_wrmsr(msr, value);
	return 0;
}
#endif

/* What KVM leaves to the guest: always, or once a value other than 0 was written. */
static const struct workload_exit *exits_with(const uint64_t *params)
{
	static const struct workload_exit none[] = { { 0 } };
	static const struct workload_exit one[] = { { "MSR_WRITE", "msr", 1, 0 }, { 0 } };

	switch (params[MSR]) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		return none;
	case MSR_SPEC_CTRL:
	case MSR_PRED_CMD:
		return params[VALUE] ? none : one;
	}
	return one;
}

DEFINE_WORKLOAD(workload_wrmsr) = {
	.name = "wrmsr",
	.what = "WRMSR of a value to an intercepted register",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "this model-specific register",
	.exits_with = exits_with,
	.exits_note = "0 for a register the hypervisor passes through",
	.params = {
		{ "msr", "number of the register", PARAM_HEX, 0x8b, 0, 0xffffffff, NULL },
		{ "value", "what is written", PARAM_HEX, 0, 0, ~0ull, NULL },
	},
	.run = GUEST_ONLY(run),
};
