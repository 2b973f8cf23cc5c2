/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the exits probe counted, collected and named.
 */
#ifndef HVBENCH_EXITS_READ_H
#define HVBENCH_EXITS_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/base/error.h"
#include "probes/exits.h"
#include "probes/exits_layout.h"

/* What one row gained since the last collection. */
struct exits_delta {
	const struct exits_slot *vcpu;	/* whose */
	unsigned int slot;
	enum exits_kind kind;
	uint64_t key;			/* reason, or the detail's key */
	uint64_t count;
	uint64_t ns, off_ns, user_ns, user_off_ns;
	/*
	 * What makes of ns the time between two collections: with the part of an exit that is under way
	 * yet (negative when it has ended: ns has all of it), and of those that were when the probe came.
	 */
	int64_t clip_ns;
	uint64_t max_ns;		/* since begin */
	const uint32_t *now, *before;	/* buckets: hist__add_buckets(&h, now, before, EXITS_BUCKETS) */
};

typedef void (*exits_visit)(const struct exits_delta *delta, void *ctx);

/*
 * Hands out every row that gained something. Reads mapped memory: no system call, and nothing of
 * vCPUs and reasons that did not exit. Call it at least once a minute while times matter: buckets are
 * 32 bits wide. -ENOMEM.
 */
int exits__collect(struct exits *x, exits_visit visit, void *ctx, struct error *err);

/*
 * The same for a window whose ends are known to the exit: the calling thread runs the vCPU, which came
 * out to it and has not been sent back. The exit it came out by at the beginning is not counted nor
 * timed, neither is the one at the end.
 */
int exits__open_window(struct exits *x, struct error *err);
int exits__close_window(struct exits *x, exits_visit visit, void *ctx, struct error *err);

/* Exits that are under way, timed sources only: `ns` so far. */
typedef void (*exits_way_visit)(const struct exits_slot *vcpu, const char *reason, uint64_t ns, void *ctx);
void exits__under_way(struct exits *x, exits_way_visit visit, void *ctx);
/* What the source calls a halt, with the vendor's number for it; false: it does not time exits. */
bool exits__halt(const struct exits *x, unsigned int *isa, uint32_t *reason);

/* Exits that are in no row, and what else is missing; `text` tells people (empty: nothing is). */
uint64_t exits__lost(struct exits *x, struct exits_lost *lost, char *text, size_t len);

/* "IO_INSTRUCTION", "rdmsr 0x1a0", "out 0x80", "write 0xfee000b0" … */
void exits__key_name(struct exits *x, const struct exits_delta *delta, char *name, size_t len);
void exits__reason_name(struct exits *x, unsigned int isa, uint32_t reason, char *name, size_t len);
void exits__detail_name(enum exits_kind kind, uint64_t key, char *name, size_t len);

/* Streamed slow exits. Waits up to timeout_ms; -EINTR. */
typedef void (*exits_event_visit)(const struct exits_event *event, void *ctx);
int exits__poll(struct exits *x, int timeout_ms, exits_event_visit visit, void *ctx);

/* Whether its reason counts again what another one of the same source counts. */
bool exits_delta__repeats(const struct exits *x, const struct exits_delta *delta);

/*
 * Runs that the kernel left out because the same program was under way on that CPU: it does so where a
 * program can be preempted (fentry on preemptible kernels) and another vCPU gets the CPU.
 */
uint64_t exits__missed_runs(struct exits *x);
/* Which vendor's module is loaded: another each time it is; 0: none, or built in. */
ino_t exits__vendor_module(void);

#endif
