/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all probes have in common: what they watch, and how they are used.
 *
 *   open   finds out what there is and loads it, attaches nothing; says why something is missing
 *   begin  attaches; counting starts here
 *   end    detaches and returns what was counted
 *   close
 *
 * begin and end may be repeated. Before begin nothing is attached, so the probe costs nothing.
 * Everything is held by file descriptors, so nothing stays attached when the process dies.
 *
 * A probe of a cell's context (how its threads were scheduled, what its page tables did) is one
 * file that ends in DEFINE_PROBE: its figures then appear under its name in cells and in reports,
 * and documents are checked for them. The exits probe is not one of these: see exits.h.
 */
#ifndef HVBENCH_PROBE_H
#define HVBENCH_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "bench/base/error.h"
#include "probes/metrics.h"

/* What to watch. */
struct probe_target {
	/* processes (thread groups) that run VMs, by their numbers in /proc */
	const pid_t *pids;
	size_t nr_pids; /* 0: every VM of this host */
	int vcpu;	/* only the vCPU with this number; -1: all */
};

struct probe {
	const char *name; /* of its part of a cell */
	bool last;	  /* begins after all others, so that it does not count how they
				 * attach */
	/*
	 * Negative errno, with what is missing and what to do about it; `*state` is passed to the
	 * other functions.
	 */
	int (*open)(void **state, const struct probe_target *target, struct error *err);
	int (*begin)(void *state, struct error *err);
	/* Adds its figures. */
	int (*end)(void *state, struct metrics *metrics, struct error *err);
	void (*close)(void *state);
};

/* A definition with this puts a probe into the table; nothing else has to name it. */
#define DEFINE_PROBE(ident) \
	static const struct probe probe_##ident; \
	static const struct probe *const probe_##ident##_entry \
		__attribute__((used, section("probe_table"))) = &probe_##ident; \
	static const struct probe probe_##ident

extern const struct probe *const __start_probe_table[];
extern const struct probe *const __stop_probe_table[];

#define for_each_probe(entry) \
	for (const struct probe *const *entry = __start_probe_table; entry < __stop_probe_table; \
	     entry++)

#endif
