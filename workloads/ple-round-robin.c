/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A token that goes once round all vCPUs, each of which waits for it in a loop of PAUSE at CPL0: a
 * ticket lock's hand-over. With a CPU for each vCPU that is a cache line's way. With fewer, the one
 * that has the token waits for a CPU while others spin, and the time depends on pause-loop exiting
 * (ple_gap, ple_window; pause_filter_count on SVM) and on whom KVM then yields to (directed yield,
 * kvm_vcpu_on_spin()): vcpus=N, and disable_exits=pause for without.
 *
 * Timed: n times round, at CPL0; the loop is subtracted. kvm-unit-tests: ple_round_robin, whose
 * operation is one vCPU's turn.
 */
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

/* Without a function call: where CPL0 is emulated every instruction counts. */
static inline void wait_for(volatile uint64_t *token, uint64_t me, volatile uint32_t *stop)
{
	while (*token != me && !(stop && *stop))
		arch_pause();
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	volatile uint64_t *token = ctx->state;

	while (n--) {
		*token = 1;
		wait_for(token, 0, NULL);
	}
	return 0;
}

static uint64_t ring0_pass_on(void *ctx_pointer, uint64_t unused)
{
	struct workload_ctx *ctx = ctx_pointer;
	uint64_t next = (ctx->cpu + 1) % ctx->nr_cpus;

	(void)unused;
	while (!*ctx->stop) {
		wait_for(ctx->state, ctx->cpu, ctx->stop);
		if (!*ctx->stop)
			*ctx->state = next;
	}
	return 0;
}

static void assist(struct workload_ctx *ctx)
{
	ring0(ring0_pass_on, ctx, 0);
}
#endif

DEFINE_WORKLOAD(workload_ple_round_robin) = {
	.name = "ple-round-robin",
	.what = "a token once round all vCPUs, which wait for it in a loop of PAUSE",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 0,
	.one_vcpu = true,
	.vcpus = 2,
	.exits_note =
		"0 with a CPU for each vCPU; else PAUSE_INSTRUCTION or pause, one in ple_window "
		"of waiting",
	.run = GUEST_ONLY(run),
	.assist = GUEST_ONLY(assist),
};
