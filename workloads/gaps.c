/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is taken from a vCPU that never gives up its CPU: for `window` it does nothing but read its
 * clock, and every gap between two readings of at least `threshold` counts. Interrupts of the host,
 * other threads on its CPU, exits and, below a host that is itself a guest, the hypervisor there
 * make them. figure=lost is the sum of the gaps in one window, figure=longest the longest one.
 *
 * In the round that is observed for context, the host's probes note what happened on the vCPU's CPU
 * meanwhile (probes/stops.c), and each gap is put down to what overlaps it: the cell's "gaps" in
 * the document, and a note in tables. In a process it is the same loop: what the host takes from
 * any thread.
 *
 * Same as: rt-tests oslat, rtla osnoise (in a guest), hwlatdetect; they do not tell the cause on
 * the host's side.
 */
#include "workloads/watch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
#include "workloads/runtime/mailbox.h"
#endif

#define WINDOW	  0
#define THRESHOLD 1
#define FIGURE	  2

/* If the frequency is not known, times are taken as if the clock ran at 1 GHz. */
static uint64_t to_cycles(const struct workload_ctx *ctx, uint64_t ns)
{
	return ctx->tsc_khz ? ns * ctx->tsc_khz / 1000000 : ns;
}

static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	uint64_t window = to_cycles(ctx, ctx->params[WINDOW]);
	struct hv_gaps *log = NULL;
	struct watch w;

	(void)n;
#ifdef HV_GUEST
	log = &mailbox.gaps;
#endif
	w = watch__clock(log, to_cycles(ctx, ctx->params[THRESHOLD]), arch_clock_plain() + window,
			 NULL, 0);
	return ctx->params[FIGURE] ? w.longest : w.cycles;
}

static const char *const figures[] = { "lost", "longest", NULL };

DEFINE_WORKLOAD(workload_gaps) = {
	.name = "gaps",
	.what = "what is taken from a vCPU that only reads its clock, in one window",
	.group = GROUP_SCHED,
	.kind = WORKLOAD_SELF_TIMED,
	.unit = "cycles",
	.ring = 3,
	.native = true,
	.one_vcpu = true,
	.notes_gaps = true,
	.exits_note = "those that the host's interrupts force",
	.params = {
		{ "window", "how long it watches", PARAM_TIME_NS, 2000000, 10000, 1000000000,
		  NULL },
		{ "threshold", "shorter gaps do not count", PARAM_TIME_NS, 1000, 100, 1000000000,
		  NULL },
		{ "figure", "the sum of the gaps in a window, or the longest", PARAM_CHOICE, 0, 0,
		  0, figures },
	},
	.run = run,
};
