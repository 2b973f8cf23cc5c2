/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the accounting of steal time costs a guest: KVM brings the guest's record up to date each
 * time that a vCPU's thread gets into KVM_RUN or back on its CPU (Documentation/virt/kvm/x86/
 * msr.rst, MSR_KVM_STEAL_TIME).
 *
 *   record=on   the guest has asked for its record, as Linux does
 *   record=off  it has not
 *
 * Timed: n writes of a byte to a port that the VMM handles in user space, back to back at CPL3, and
 * the loop is subtracted: pio-user's round trip, whose way back has the update in it. The
 * difference of the two is the record's price. Skipped where the guest is not offered it. What was
 * stolen is in each observed cell (`sched`). No other tool measures it; the selftest steal_time
 * checks it.
 */
#include "arch.h"
#include "workloads/workload.h"

enum { RECORD_ON, RECORD_OFF };
static const char *const records[] = { "on", "off", NULL };

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/pv.h"
#include "workloads/runtime/x86_64/runtime.h"

static int setup(struct workload_ctx *ctx)
{
	if (steal__enable(ctx->cpu) != HV_STEAL_ON)
		return HV_REFUSED_NOT_THERE;
	if (ctx->params[0] == RECORD_OFF) {
		pv__wrmsr(MSR_KVM_STEAL_TIME, 0);
		mailbox.steal_state = HV_STEAL_OFF; /* also where the host asked for it */
	}
	return HV_REFUSED_NONE;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		arch_out8(HV_PORT_USER, 0);
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_steal_time) = {
	.name = "steal-time",
	.what = "one byte to a port in user space, with the guest's steal time accounted or not",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.optional = "a record of its steal time, offered by the hypervisor",
	.needs = NEEDS_USER_SPACE | NEEDS_HYPERVISOR,
	.user_exits = 1,
	.exits = { { "IO_INSTRUCTION", "io", 1 } },
	.params = { { "record", "whether KVM keeps it", PARAM_CHOICE, RECORD_ON, 0, 0, records } },
	.setup = GUEST_ONLY(setup),
	.run = GUEST_ONLY(run),
};
