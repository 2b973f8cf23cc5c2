/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hypercall that no hypervisor implements, so that nothing but the round trip is measured: KVM
 * answers -KVM_ENOSYS or, from CPL3, -KVM_EPERM, both at once.
 */
#include "arch.h"
#include "workloads/workload.h"

#define NR_UNKNOWN 0x7fffffffu

#ifdef HV_GUEST
static int setup(struct workload_ctx *ctx)
{
	ctx->state[0] = (uint64_t)arch_is_amd();
	return HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t nr;

	if (ctx->state[0]) {
		while (n--) {
			nr = NR_UNKNOWN;
			asm volatile("vmmcall" : "+a"(nr)::"memory");
		}
	} else {
		while (n--) {
			nr = NR_UNKNOWN;
			asm volatile("vmcall" : "+a"(nr)::"memory");
		}
	}
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_hypercall) = {
	.name = "hypercall",
	.what = "VMCALL or VMMCALL with a number that no hypervisor implements",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.optional = "hypercalls from this ring",
	.needs = NEEDS_HYPERVISOR,
	.exits = { { "VMCALL", "hypercall", 1 } },
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
