/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PAUSE does not exit unless pause-loop exiting is on and the guest is at CPL0 (VMX), or the pause
 * filter's count runs out (SVM): then one PAUSE in some thousands exits.
 */
#include "arch.h"
#include "workloads/workload.h"

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		arch_pause();
	return 0;
}

DEFINE_WORKLOAD(workload_pause) = {
	.name = "pause",
	.what = "PAUSE, back to back",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.native = true,
	.exits_note = "0; one PAUSE_INSTRUCTION (pause) in ple_window / gap where pause-loop "
		      "exiting applies",
	.run = run,
};
