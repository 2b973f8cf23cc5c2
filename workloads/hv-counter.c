/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hyper-V's reference counter by its MSR (HV_X64_MSR_TIME_REF_COUNT): the time by an exit, which a
 * Windows guest takes where it has no reference TSC page; pv-clock:by=hyperv is without.
 *
 * Timed: n reads back to back at CPL0, and the loop is subtracted. Skipped where the guest is not
 * offered it. kvm-unit-tests: hyperv_clock prints the same, "TSC reads vs MSR reads".
 */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/pv.h"

static int setup(struct workload_ctx *ctx)
{
	(void)ctx;
	return pv__hyperv_features() & PV_HV_COUNTER ? HV_REFUSED_NONE : HV_REFUSED_NOT_THERE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		arch_rdmsr(MSR_HV_REF_COUNT);
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_hv_counter) = {
	.name = "hv-counter",
	.what = "Hyper-V's reference counter by its MSR",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "Hyper-V's reference counter",
	.needs = NEEDS_HYPERVISOR | NEEDS_HYPERV,
	.exits = { { "MSR_READ", "msr", 1 } },
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
