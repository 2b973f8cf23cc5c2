/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The empty loop that is subtracted from every other exit workload, as a workload of its own: after
 * subtraction it must be about 0, and with ring=0 it shows whether CPL0 is emulated.
 */
#include "workloads/workload.h"

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		asm volatile("");
	return 0;
}

DEFINE_WORKLOAD(workload_empty) = {
	.name = "empty",
	.what = "one iteration of the timed loop with nothing in it",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.native = true,
	.keep_loop = true,
	.run = run,
};
