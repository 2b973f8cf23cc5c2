/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the exits probe counted, collected and named. */
#ifndef HVBENCH_EXITS_READ_H
#define HVBENCH_EXITS_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/base/error.h"
#include "probes/exits.h"
#include "probes/exits_layout.h"

/* What one row has gained since the last collection. */
struct exits_delta {
	const struct exits_slot *vcpu; /* the vCPU it belongs to */
	unsigned int slot;
	enum exits_kind kind;
	uint64_t key; /* reason, or the detail's key */
	uint64_t count;
	uint64_t ns, off_ns, user_ns, user_off_ns;
	/*
	 * Added to ns it gives the time between two collections: it accounts for an exit under way
	 * at either end (negative once the exit has ended, since ns then has all of it), and for
	 * exits under way when the probe attached.
	 */
	int64_t clip_ns;
	uint64_t max_ns; /* since begin */
	/* buckets: hist__add_buckets(&h, now, before, EXITS_BUCKETS) */
	const uint32_t *now, *before;
};

typedef void (*exits_visit)(const struct exits_delta *delta, void *ctx);

/*
 * Reports every row that has gained something. Reads mapped memory: no system call, and nothing of
 * vCPUs and reasons that did not exit. To be called at least once a minute if times matter, since
 * buckets have 32 bits. -ENOMEM.
 */
int exits__collect(struct exits *x, exits_visit visit, void *ctx, struct error *err);

/*
 * The same for a window that begins and ends exactly at an exit: the calling thread runs the vCPU,
 * which has come out to it and has not been re-entered. Neither the exit at the beginning nor the
 * one at the end is counted or timed.
 */
int exits__open_window(struct exits *x, struct error *err);
int exits__close_window(struct exits *x, exits_visit visit, void *ctx, struct error *err);

/* Exits under way, for timed sources only: `ns` is their time so far. */
typedef void (*exits_way_visit)(const struct exits_slot *vcpu, const char *reason, uint64_t ns,
				void *ctx);
void exits__under_way(struct exits *x, exits_way_visit visit, void *ctx);
/* The source's name for a halt, with the vendor's number for it; false: it does not time exits. */
bool exits__halt(const struct exits *x, unsigned int *isa, uint32_t *reason);

/*
 * The reasons for which KVM inhibits APICv (AVIC) in the VM of each vCPU that was seen and still
 * exists, now: bits, as exits__apicv_name() names them; 0: it is not inhibited. A VM once. Negative
 * errno if that cannot be read here. A slot's `apicv` has those of when the vCPU was first seen,
 * where they are known.
 */
bool exits__knows_apicv(const struct exits *x, const struct exits_slot *vcpu);
typedef void (*exits_apicv_visit)(const struct exits_slot *vcpu, uint64_t inhibits, void *ctx);
int exits__apicv(struct exits *x, exits_apicv_visit visit, void *ctx);
/* In the kernel's word, in lower case: "irqwin"; "bit 9" where it has none. */
void exits__apicv_name(const struct exits *x, unsigned int bit, char *name, size_t len);

/* How many exits are in no row; `text` says what else is missing, for people ("": nothing). */
uint64_t exits__lost(struct exits *x, struct exits_lost *lost, char *text, size_t len);

/* By enum exits_kind: in options, in CSV and as labels. */
#define EXITS_KIND_NAMES "reason", "msr", "port", "gpa", "rip", "hypercall", "vector", "cpl"

/*
 * "IO_INSTRUCTION", "rdmsr 0x1a0", "out 0x80", "write 0xfee000b0", "kvm 5 kick-cpu",
 * "vector 0xec", "user (CPL 3)" …
 */
void exits__key_name(struct exits *x, const struct exits_delta *delta, char *name, size_t len);
void exits__reason_name(struct exits *x, unsigned int isa, uint32_t reason, char *name, size_t len);
void exits__detail_name(enum exits_kind kind, uint64_t key, char *name, size_t len);

/* Reads streamed slow exits. Waits up to timeout_ms; -EINTR. */
typedef void (*exits_event_visit)(const struct exits_event *event, void *ctx);
int exits__poll(struct exits *x, int timeout_ms, exits_event_visit visit, void *ctx);
/*
 * Reads those that are there. Events of a recording wake nobody up: this has to be called every
 * few milliseconds. A slot that an event names is the same vCPU's until the next exits__collect().
 * `visit` NULL: they are dropped.
 */
void exits__drain(struct exits *x, exits_event_visit visit, void *ctx);
/* The vCPU's slot of an event. */
const struct exits_slot *exits__slot(const struct exits *x, const struct exits_event *event);

/* Whether its reason counts exits that another reason of the same source counts too. */
bool exits_delta__repeats(const struct exits *x, const struct exits_delta *delta);

/*
 * Runs that the kernel skipped because the same program was already running on that CPU. This
 * happens where a program can be preempted (fentry on preemptible kernels) and another vCPU gets
 * the CPU.
 */
uint64_t exits__missed_runs(struct exits *x);
/*
 * Identifies the vendor's module that is loaded: changes each time it is loaded; 0: none, or built
 * in.
 */
ino_t exits__vendor_module(void);

#endif
