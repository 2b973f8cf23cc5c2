/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all probes have in common: whom they watch, and how they are used.
 *
 *	open	finds out what there is, loads it, attaches nothing; says why what is missing is missing
 *	begin	attaches; counts from here
 *	end	detaches and hands out what was counted
 *	close
 *
 * begin and end may be repeated. A probe that is not begun costs nothing: nothing is attached.
 * Everything is held by file descriptors, so nothing stays attached when the process dies.
 *
 * A probe of a cell's context (how its threads were scheduled, what its page tables did) is one file that
 * ends in DEFINE_PROBE: what it sees then stands in the cell under its name, in reports and in what
 * documents are checked by. The exits probe is none of these: exits.h.
 */
#ifndef HVBENCH_PROBE_H
#define HVBENCH_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "bench/base/error.h"
#include "probes/metrics.h"

/* Whom to watch. */
struct probe_target {
	const pid_t *pids;	/* processes (thread groups) that run VMs, by their numbers in /proc */
	size_t nr_pids;		/* 0: every VM of this host */
	int vcpu;		/* only the vCPU of this number, -1: all */
};

struct probe {
	const char *name;	/* of its part of a cell */
	bool last;		/* begins when the others have: what attaching these takes is not to be counted */
	/* Negative errno, with what is missing and what to do about it; `*state` is what the others get. */
	int (*open)(void **state, const struct probe_target *target, struct error *err);
	int (*begin)(void *state, struct error *err);
	/* Adds its figures. */
	int (*end)(void *state, struct metrics *metrics, struct error *err);
	void (*close)(void *state);
};

/* A probe puts itself into the table by a definition with this; nothing else names it. */
#define DEFINE_PROBE(ident)							\
	static const struct probe probe_##ident;				\
	static const struct probe *const probe_##ident##_entry			\
		__attribute__((used, section("probe_table"))) = &probe_##ident;	\
	static const struct probe probe_##ident

extern const struct probe *const __start_probe_table[];
extern const struct probe *const __stop_probe_table[];

#define for_each_probe(entry)							\
	for (const struct probe *const *entry = __start_probe_table;		\
	     entry < __stop_probe_table; entry++)

#endif
