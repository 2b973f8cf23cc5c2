/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Invalidations of this vCPU's own TLB. With a second-stage table they are the guest's own
 * business: no exit. KVM intercepts them where it shadows the guest's page tables (ept=0, npt=0),
 * and then each costs a search in the shadow.
 *
 *   invlpg    of the address of a page that is mapped
 *   invpcid   of one address in the current PCID, of a PCID, of all, or of all but global pages
 *
 * Timed: n instructions back to back at CPL0, and the loop is subtracted; what refilling the TLB
 * costs later is not. TLB shoot-downs between vCPUs are another workload. No peer measures these.
 */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
#define CPUID_7_EBX_INVPCID (1u << 10)

static uint64_t run_invlpg(struct workload_ctx *ctx, uint64_t n)
{
	while (n--)
		asm volatile("invlpg (%0)" ::"r"(ctx->state) : "memory");
	return 0;
}

static int setup_invpcid(struct workload_ctx *ctx)
{
	uint32_t reg[4];

	arch_cpuid(7, 0, reg);
	ctx->state[0] = 0; /* the PCID */
	ctx->state[1] = (uint64_t)ctx->state;
	return reg[1] & CPUID_7_EBX_INVPCID ? HV_REFUSED_NONE : HV_REFUSED_NOT_THERE;
}

static uint64_t run_invpcid(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t type = ctx->params[0];

	while (n--)
		asm volatile("invpcid (%0), %1" ::"r"(ctx->state), "r"(type) : "memory");
	return 0;
}
#endif

/* In the order of their numbers. */
static const char *const types[] = { "address", "pcid", "all", "not-global", NULL };

DEFINE_WORKLOAD(workload_invlpg) = {
	.name = "invlpg",
	.what = "INVLPG of a mapped page",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "INVLPG",
	.run = GUEST_ONLY(run_invlpg),
};

DEFINE_WORKLOAD(workload_invpcid) = {
	.name = "invpcid",
	.what = "INVPCID of an address, a PCID, or everything",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "INVPCID",
	.params = { { "type", "what is invalidated", PARAM_CHOICE, 0, 0, 0, types } },
	.setup = GUEST_ONLY(setup_invpcid),
	.run = GUEST_ONLY(run_invpcid),
};
