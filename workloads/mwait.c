/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MONITOR, a write to the monitored line, and MWAIT, which therefore does not wait: also where the
 * guest is allowed to wait (disable_exits=mwait) the operation ends at once. KVM intercepts both
 * and does nothing: a guest that idles by MWAIT without being allowed to burns its CPU in this
 * loop.
 *
 * Timed: n such triples back to back at CPL0, and the loop is subtracted. No peer measures it.
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	volatile uint64_t *line = &ctx->state[0];

	while (n--) {
		asm volatile("monitor" ::"a"(line), "c"(0), "d"(0) : "memory");
		*line = n;
		asm volatile("mwait" ::"a"(0), "c"(0) : "memory");
	}
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_mwait) = {
	.name = "mwait",
	.what = "MONITOR, a write to the monitored line, MWAIT",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.optional = "MONITOR and MWAIT",
	.exits = { { "MONITOR_INSTRUCTION", "monitor", 1 }, { "MWAIT_INSTRUCTION", "mwait", 1 } },
	.exits_note = "none with disable_exits=mwait",
	.run = GUEST_ONLY(run),
};
