/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a command is measured: the same code in the guest and, for the native backend, in a process.
 */
#ifndef HVBENCH_MEASURE_H
#define HVBENCH_MEASURE_H

#include "workloads/runtime/crew.h"
#include "workloads/workload.h"

typedef uint64_t (*workload_fn)(struct workload_ctx *ctx, uint64_t n);

/* What differs between guest and process. */
struct measure_hooks {
	void (*bell)(void *ctx, enum hv_doorbell value);
	/* Tells a debugger below that operations follow, two of them on end; NULL: nobody. */
	void (*mark)(void);
	void *ctx;
	/* Runs fn(ctx, n) at CPL0; NULL where that is not possible. */
	uint64_t (*at_ring0)(workload_fn fn, struct workload_ctx *ctx, uint64_t n);
	/*
	 * Those who measure together, of whom ctx->cpu is the number; NULL: one alone. Each of them
	 * calls measure__run() with the same command and a context of its own; only member 0
	 * answers through `mb`, where all put their samples.
	 */
	struct crew *crew;
	/*
	 * Returns fn(arg), or HV_REFUSED_RAISED if it raised an exception; tells the host that it
	 * may never return. NULL where exceptions cannot be survived.
	 */
	int (*attempt)(int (*fn)(void *arg), void *arg);
};

/*
 * Set-up, calibration, empty loop, timed samples between two doorbells, single operations. Writes
 * samples, empty, hist and the counts of `status`, but not its state. Returns an enum hv_refusal.
 */
int measure__run(struct hv_mailbox *mb, const struct hv_command *cmd, const struct workload *w,
		 struct workload_ctx *ctx, const struct measure_hooks *hooks);

/* The workload of that name, or NULL. */
const struct workload *measure__find(const char *name);

#endif
