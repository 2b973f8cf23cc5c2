/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lane is, and the table of lanes. A lane is one file, which puts itself into the table. */
#ifndef HVBENCH_LAB_LANES_H
#define HVBENCH_LAB_LANES_H

#include <stdbool.h>

#include "bench/lab/lab.h"
#include "bench/plan/honours.h"

struct lab_need {
	const char *test;    /* a program in PATH, or paths of files separated by commas, one
				 * of which must exist */
	const char *package; /* its name in Debian */
	const char *why;
};

struct lab_lane {
	const char *name;
	unsigned int rank; /* position in lists, lowest first; then by name */
	const char *what;
	const char *kernel; /* the default; NULL: the lane does not take one */
	bool has_xen;	    /* accepts --xen */
	bool has_shell;
	bool can_trace;	  /* footprints and functions of exits */
	bool has_command; /* hvbench runs inside */
	bool many_cpus;	  /* accepts --cpus */
	/* An SVM without NRIPS: hypervisors decode what exits, to know how long it is. */
	bool no_nrips;
	const struct lab_need *needs; /* ends with a NULL test */
	/*
	 * For lanes where the payload runs by itself: what it honours. NULL: hvbench runs inside,
	 * with its backends.
	 */
	const struct honours *honours;
	/* Fetches what is missing into the cache and makes the image in run->dir. */
	int (*prepare)(struct lab_run *run, struct error *err);
	/* Fills in run->args. */
	int (*arguments)(struct lab_run *run, struct error *err);
	/* Makes the document from what the emulator left behind. */
	int (*collect)(struct lab_run *run, struct lab_outcome *out, struct error *err);
	/*
	 * Writes the exits, in the plugin's form (footprint.h), to `out`, from what the emulator
	 * left behind. NULL: the plugin does.
	 */
	int (*footprints)(struct lab_run *run, const char *out, struct error *err);
	bool no_network;       /* the emulator listens on a port that is not needed */
	const char *workloads; /* measured if nothing is named; NULL: the usual list */
	/*
	 * For lanes where the payload runs by itself: why a cell that it can run would differ from
	 * what it is called, NULL if it does not. `measured`: there is a figure nevertheless, with
	 * this as a note. May be NULL.
	 */
	const char *(*unlike)(const struct cell *cell, bool *measured);
	/*
	 * Whether everything has been sent, so that the emulator need not be waited for. May be
	 * NULL.
	 */
	bool (*finished)(struct lab_run *run);
};

/* A definition with this puts a lane into the table; nothing else has to name it. */
#define DEFINE_LANE(ident) \
	extern const struct lab_lane ident; \
	static const struct lab_lane *const ident##_entry \
		__attribute__((used, section("lane_table"))) = &ident; \
	const struct lab_lane ident

/* The lane listed after `lane`, the first for NULL; NULL after the last. */
const struct lab_lane *lab__lane_after(const struct lab_lane *lane);

#define for_each_lane(l) \
	for (const struct lab_lane *l = lab__lane_after(NULL); l; l = lab__lane_after(l))

/* NULL, with -EINVAL in *err: there is none of that name; the message has the nearest. */
const struct lab_lane *lab__find_lane(const char *name, struct error *err);
/* Which keys and needs of cells the lane honours. */
const struct honours *lab__lane_honours(const struct lab_lane *lane);
/*
 * -EOPNOTSUPP with the reason why the lane cannot run the cell: what it does not honour, and which
 * lane does. For lanes in which hvbench runs, hvbench itself refuses.
 */
int lab__lane_supports(const struct lab_lane *lane, const struct cell *cell, struct error *err);
/* The first need that is not met, NULL if all are. */
const struct lab_need *lab__missing(const struct lab_lane *lane);
bool lab__has_need(const struct lab_need *need);

#endif
