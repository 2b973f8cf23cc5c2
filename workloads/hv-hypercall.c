/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hypercall by Hyper-V's convention, through the page that the hypervisor fills in, with a number
 * that it does not know: the round trip, and nothing else. hypercall is the same by KVM's.
 *
 * Timed: n calls back to back at CPL0, and the loop is subtracted; CALL and RET of the page are
 * part of it. Skipped where the guest is not offered it. No other tool measures it.
 */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/pv.h"

#define CALL_UNKNOWN 0x7fffull
#define CALL_FAST    (1ull << 16) /* the arguments are in registers */

static int setup(struct workload_ctx *ctx)
{
	if (!(pv__hyperv_features() & PV_HV_HYPERCALL))
		return HV_REFUSED_NOT_THERE;
	ctx->state[0] = (uint64_t)pv__hyperv_call_page();
	return HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t page = ctx->state[0];

	while (n--) {
		uint64_t control = CALL_UNKNOWN | CALL_FAST, in = 0, result;

		asm volatile("xorl %%r8d, %%r8d\n\tcall *%[page]"
			     : "=a"(result), "+c"(control), "+d"(in)
			     : [page] "r"(page)
			     : "r8", "r9", "r10", "r11", "memory", "cc");
	}
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_hv_hypercall) = {
	.name = "hv-hypercall",
	.what = "a hypercall by Hyper-V's convention, with a number that it does not know",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "Hyper-V's hypercalls",
	.needs = NEEDS_HYPERVISOR | NEEDS_HYPERV,
	.exits = { { "VMCALL", "hypercall", 1 } },
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
