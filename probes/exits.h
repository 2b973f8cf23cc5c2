/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exits probe: every exit of every vCPU watched, counted by reason and timed from kvm_exit to
 * kvm_entry, aggregated in the kernel.
 *
 * There are several *sources*, since no single way of seeing exits works everywhere; which one is
 * right is found by taking a known number of exits and looking who saw them (exits__choose()).
 * One that attaches may still see nothing: with a software backend kvm_exit exists and never fires.
 */
#ifndef HVBENCH_EXITS_H
#define HVBENCH_EXITS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "bench/base/hist.h"
#include "probes/exits_layout.h"
#include "probes/probe.h"

enum exits_source {
	EXITS_RAW_TP,		/* raw tracepoints, reason read at offsets that BTF gave */
	EXITS_FENTRY,		/* the exit handler's argument; SVM only, misses re-entering fast paths */
	EXITS_TP,		/* the trace event's record: works without BTF, costs more */
	EXITS_TRACEPOINTS,	/* kvm_pio, kvm_mmio, kvm_userspace_exit …: counts, no times */
	EXITS_NR_SOURCES,
	EXITS_STATS = EXITS_NR_SOURCES,	/* not this probe's: KVM's own statistics */
	EXITS_NONE,
};

const char *exits_source__name(enum exits_source source);
const char *exits_source__what(enum exits_source source);
/* -1: no such source. */
int exits_source__find(const char *name);

struct exits_options {
	struct probe_target target;
	bool counts_only;	/* no times: cheaper still */
	enum exits_kind by;	/* details wanted beside the reasons; EXITS_BY_REASON: none */
	bool rip;		/* events carry the guest's RIP; implied by EXITS_BY_RIP */
	uint64_t over_ns;	/* slower exits are also streamed; 0: none */
	bool clip;		/* deltas have clip_ns */
	unsigned int vcpus;	/* room for so many; 0: for what runs here now, and as many again */
};

struct exits;

/*
 * Loads, attaches nothing. -EPERM, -EACCES: privileges; -ENOENT: KVM's tracepoints are not there
 * (module not loaded); -EOPNOTSUPP: this source cannot work on this kernel. Messages say what to do.
 */
int exits__open(struct exits **out, enum exits_source source, const struct exits_options *opts,
		struct error *err);
void exits__close(struct exits *x);
/* Attaches; what was counted before is forgotten. */
int exits__begin(struct exits *x, struct error *err);
/* Attaches again after exits__end(), and goes on counting. */
int exits__resume(struct exits *x, struct error *err);
/* Detaches. What was counted stays readable. */
void exits__end(struct exits *x);

enum exits_source exits__source(const struct exits *x);
bool exits__timed(const struct exits *x);
uint64_t exits__memory_bytes(const struct exits *x);	/* of its maps */
unsigned int exits__room_vcpus(const struct exits *x);

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

/* When counting ended; 0: it goes on. */
uint64_t exits__ended_ns(const struct exits *x);
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

/* ---- totals by reason ------------------------------------------------------------------------ */

struct exits_sum {
	char name[64];
	enum exits_kind kind;
	uint64_t key;
	unsigned int isa;
	int64_t group;		/* what the caller sums up by beside: 0, a slot, a process */
	uint64_t count;
	uint64_t ns, off_ns, user_ns, user_off_ns, max_ns;
	int64_t clip_ns;	/* as of exits_delta; ns + clip_ns is the time between the collections */
	bool repeats;		/* counts what other reasons count too: is no part of a total */
	struct hist hist;	/* exit to entry; hist.count may lag behind count by exits under way */
	unsigned int top;	/* no bucket above it was ever used */
};

struct exits_profile {
	struct exits_sum **list;
	size_t nr, room;
	uint32_t *index;	/* hash of what is summed up, to its place in list + 1; 2 * room places */
};

void exits_profile__free(struct exits_profile *p);
/* Adds the delta to its sum. -ENOMEM. */
int exits_profile__add(struct exits_profile *p, struct exits *x, const struct exits_delta *delta,
		       int64_t group);
/* All sums to 0; what was summed up stays known. */
void exits_profile__clear(struct exits_profile *p);
/* Adds a sum of another profile, as one of this group. -ENOMEM. */
int exits_profile__merge(struct exits_profile *p, const struct exits_sum *sum, int64_t group);
/* By count, largest first. Nothing can be added afterwards. */
void exits_profile__sort(struct exits_profile *p);
uint64_t exits_profile__count(const struct exits_profile *p);	/* rows by reason only, each exit once */
/* Whether its reason counts again what another one of the same source counts. */
bool exits_delta__repeats(const struct exits *x, const struct exits_delta *delta);
/* Adds time in such exits of which none was seen. -ENOMEM. */
int exits_profile__add_time(struct exits_profile *p, struct exits *x, unsigned int isa, uint32_t reason,
			    int64_t group, uint64_t ns);

/* ---- choosing a source ------------------------------------------------------------------------ */

/* Takes exactly n exits of one reason in this process: 0 or negative errno. */
typedef int (*exits_calibrate)(void *ctx, uint64_t n, struct error *err);

/* Whether kvm_exit fires for any of n exits; true where that cannot be found out. */
bool exits__fires(exits_calibrate calibrate, void *ctx, uint64_t n);

struct exits_choice {
	enum exits_source source;	/* EXITS_NONE: nobody saw them */
	uint64_t expected, seen;	/* 0: not calibrated */
	char why[768];			/* what is wrong with the sources not taken; "" if nothing */
	int code;			/* negative errno of the first that failed, 0: none did */
};

/*
 * Opens the first source, from the best down, that sees the n exits exactly: raw_tp, tp, tracepoints.
 * (fentry is cheaper than raw_tp and has to be asked for: it has no reasons for exits that are handled
 * before the exit handler is called. Unasked it comes before tracepoints where the kernel is locked
 * down so that neither raw_tp nor tp can be.) With `calibrate` NULL, the first that attaches. *out is NULL and
 * choice->source EXITS_NONE when there is none. The probe is open; exits__begin()
 * begins, and forgets what choosing counted.
 */
void exits__choose(struct exits **out, const struct exits_options *opts, exits_calibrate calibrate,
		   void *ctx, uint64_t n, struct exits_choice *choice);
/* The same for one source only. */
void exits__try(struct exits **out, enum exits_source source, const struct exits_options *opts,
		exits_calibrate calibrate, void *ctx, uint64_t n, struct exits_choice *choice);

#endif
