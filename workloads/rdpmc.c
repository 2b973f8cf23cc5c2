/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RDPMC of a general counter: what perf does in a guest when it reads a counter without a system
 * call. KVM emulates it (an exit and a look-up, and with a running counter a read of the host's
 * perf event) unless the guest owns the PMU ("mediated" vPMU, Linux 6.19 on). Without a vPMU it is
 * #GP: then the cell is skipped.
 *
 * Timed: n instructions back to back at CPL0 of a counter that does not count, and the loop is
 * subtracted. No peer measures it.
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint32_t low, high, counter = (uint32_t)ctx->params[0];

	while (n--)
		asm volatile("rdpmc" : "=a"(low), "=d"(high) : "c"(counter) : "memory");
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_rdpmc) = {
	.name = "rdpmc",
	.what = "RDPMC of a counter that does not count",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "a virtual PMU",
	.exits = { { "RDPMC", "rdpmc", 1 } },
	.exits_note = "none where the guest owns the PMU",
	.params = {
		{ "counter", "number of the counter", PARAM_COUNT, 0, 0, 0xffffffff, NULL },
	},
	.run = GUEST_ONLY(run),
};
