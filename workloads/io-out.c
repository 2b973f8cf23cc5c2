/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A doorbell, until the thread behind it has it: from just before the guest's write to the port to
 * the first instruction after read(2) in a thread of the host that waited for the eventfd, as a
 * device back end does. Both read the same clock (the VMM gives guest and host one offset).
 *
 * receiver=blocked waits in read(2), so that the kick has to wake a thread: what an I/O thread of a
 * VMM or a vhost worker does. receiver=polling looks at the eventfd all the time, as busy-polling
 * back ends do. Before each doorbell the guest waits (`gap`) for the receiver to get to sleep.
 *
 * ISCA 2016: I/O Latency Out; the other way, I/O Latency In, is the workload inject.
 *
 * The host's half: bench/backends/kvm/receiver.c
 */
#include "workloads/workload.h"

#define RECEIVER 0
#define GAP	 1
static const char *const receivers[] = { "blocked", "polling", NULL };

#ifdef HV_GUEST
#include "workloads/runtime/x86_64/runtime.h"

#define WAIT_CYCLES (1ull << 33)

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	struct hv_kick *kick = ctx->kick;
	uint64_t gap = ctx->params[GAP], seq, start;

	(void)n;
	if (ctx->tsc_khz)
		gap = gap * ctx->tsc_khz / 1000000;
	/* The number of the kick that the receiver waits for. */
	seq = __atomic_load_n(&kick->host_seq, __ATOMIC_ACQUIRE);
	start = arch_clock();
	while (arch_clock() - start < gap)
		arch_pause();
	start = arch_clock();
	arch_out16(HV_PORT_IOEVENTFD, 0);
	while (__atomic_load_n(&kick->host_seq, __ATOMIC_ACQUIRE) == seq)
		if (arch_clock() - start > WAIT_CYCLES)
			return HV_EVENT_LOST;
	/* If the clocks disagree, a lost event rather than a huge latency. */
	return kick->host_tsc > start ? kick->host_tsc - start : HV_EVENT_LOST;
}
#endif

DEFINE_WORKLOAD(workload_io_out) = {
	.name = "io-out",
	.what = "a doorbell, from the guest's write to the host thread that waited for it",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_SELF_TIMED,
	.unit = "cycles",
	.ring = 3,
	.needs = NEEDS_IOEVENTFD | NEEDS_RECEIVER,
	.exits = { { "IO_INSTRUCTION", "io", 1 } },
	.exits_note = "and what PAUSE takes in the gap (pause-loop exiting)",
	.params = {
		{ "receiver", "how the host's thread waits", PARAM_CHOICE, 0, 0, 0, receivers },
		{ "gap", "pause before each doorbell", PARAM_TIME_NS, 50000, 0, 1000000000, NULL },
	},
	.run = GUEST_ONLY(run),
};
