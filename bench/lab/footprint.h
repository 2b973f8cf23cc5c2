/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an exit touches: the host's instructions from the guest's instruction that exits to its next
 * one, by a plugin of our own in QEMU (plugin/) or from what Bochs's debugger prints
 * (lanes/bochs_log.h), exactly and the same in every run. Counts of instructions, loads, lines,
 * pages, branches; no times.
 *
 * The plugin's file, of text:
 *
 *	exit VM RIP SEEN ALIKE SAME GUEST COUNT…	counts in the order of enum span_count
 *	named COUNT NAME				0 or more, to the exit before
 *	model MISSES…					if there is one: enum model_part
 *	path ADDRESS…					each instruction of it
 *	rep ADDRESS WIDTH				0 or more: bytes a repetition of it moves
 *	loop N						if it is not 3: of GUEST not in a figure
 *	end LOST					last; exits left out: too long, or no room
 *
 * VM: in the order they were started, from 1. SEEN: exits at that instruction of the guest; ALIKE:
 * of these as long as this one; SAME: the same in all counts and the path. GUEST: the guest's own
 * instructions from an exit there to the next, the least; 0: none followed another. There is one
 * `exit` for each length that is no exception.
 */
#ifndef HVBENCH_LAB_FOOTPRINT_H
#define HVBENCH_LAB_FOOTPRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "bench/lab/model.h"
#include "bench/lab/plugin/exits.h"

struct footprint {
	uint32_t vm;
	uint64_t rip, seen, alike, same, guest;
	uint64_t counts[SPAN_COUNTS];
	json_t *named; /* object from name to count */
	bool modelled;
	uint64_t misses[MODEL_PARTS];
	uint64_t *path; /* counts[SPAN_INSN] addresses */
};

struct footprints {
	struct footprint *list; /* in the order in which they occurred */
	size_t nr;
	uint64_t lost;
	uint64_t loop; /* of the guest's own instructions not in the figure */
	struct exit_rep reps[EXITS_REPS];
	size_t nr_reps;
};

/* Reads the plugin's file. -EBADMSG: damaged or cut off; -ENOENT: QEMU wrote none. */
int footprints__read(struct footprints *all, const char *path, struct error *err);
void footprints__free(struct footprints *all);

/*
 * What `lab run` measures for the operation: it includes the guest's own instructions, but not
 * those of an empty loop.
 */
uint64_t footprint__path(const struct footprints *all, const struct footprint *f);
struct symbols;
struct sources;

/* How footprints are shown, and with which names. */
struct footprint_names {
	const struct symbols *symbols; /* of the host; may be empty */
	struct sources *sources;       /* of its source lines; NULL: none */
	/* the one function that all addresses below the kernel's half count as */
	const char *user;
	const struct model_shape *model; /* of the misses; NULL: there is none */
};

/*
 * Sets cells[].footprint of a document, by function if there are symbols. `all` NULL: not measured,
 * for the reason given. -ENOMEM.
 */
int footprints__annotate(const struct footprints *all, const struct footprint_names *names,
			 const char *why, json_t *doc, struct error *err);

/*
 * Writes the plugin into `dir` for the version of the interface that the emulator accepts, which
 * this finds out by loading it. -EOPNOTSUPP: it accepts none; the message quotes its output.
 */
int footprint__install(const char *emulator, const char *dir, unsigned int *version,
		       struct error *err);
/* The value of QEMU's -plugin option; the plugin will write its file to DIR/footprint. */
int footprint__option(const char *dir, unsigned int version, const struct model_shape *model,
		      char *option, size_t len, struct error *err);

#endif
