/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exits that were seen, by VM and by the guest's instruction. Those that are alike in
 * everything are kept once, with a count; those that are alike in their instructions alone share
 * these, since data may lie elsewhere each time.
 */
#ifndef HVBENCH_LAB_PLUGIN_EXITS_H
#define HVBENCH_LAB_PLUGIN_EXITS_H

#include <stdio.h>

#include "bench/lab/plugin/model.h"
#include "bench/lab/plugin/span.h"

#define EXITS_MAX   (1u << 16)
#define EXITS_REPS  64
#define EXITS_PATHS (1u << 14)

struct exit_group {
	uint32_t vm;  /* in the order they were started, from 1 */
	uint64_t rip; /* of the guest's instruction */
	uint64_t hash, count;
	uint64_t guest; /* the least number of the guest's own instructions since the last one
			 * like it */
	uint64_t counts[SPAN_COUNTS];
	uint32_t named[NR_NAMES];
	uint32_t path; /* number in exits.paths + 1; 0: there was no room */
};

/* The instructions of exits, of which several groups may have the same. */
struct exit_path {
	uint64_t hash, count;
	uint64_t *list; /* kept from the second time on */
};

/* An instruction with a rep prefix that was repeated. */
struct exit_rep {
	uint64_t address;
	uint8_t width; /* bytes per repetition */
};

/*
 * What missed in the model during one exit. That differs from one exit to the next, since caches
 * remember; of equally long exits the one in the middle is written down.
 */
struct exit_misses {
	uint32_t vm;
	uint32_t insn;
	uint64_t rip;
	uint32_t misses[MODEL_PARTS];
};

#define EXITS_MIN_ALIKE 8

struct exits {
	/* a length that fewer exits of a VM at one instruction have is no path */
	uint32_t min_alike;
	struct exit_group *list; /* in the order in which they first occurred */
	uint32_t nr, *slots;	 /* index + 1 */
	uint64_t lost;		 /* because there was no room, or too long */
	struct exit_path *paths;
	uint32_t nr_paths, *path_slots; /* index + 1 */
	struct exit_rep reps[EXITS_REPS];
	uint32_t nr_reps;
	struct exit_misses *misses; /* NULL: there is no model */
	uint32_t nr_misses;
};

/* -1: out of memory. `model`: it has one. */
int exits__init(struct exits *exits, bool model);
void exits__free(struct exits *exits);
/*
 * `guest`: the guest's own instructions between the last exit and this one; 0 if that was another
 * kind.
 */
void exits__add(struct exits *exits, uint32_t vm, uint64_t rip, uint64_t guest,
		const struct span *span);
/* What missed during the exit that was added last. */
void exits__add_misses(struct exits *exits, uint32_t vm, uint64_t rip, const struct span *span,
		       const uint32_t misses[MODEL_PARTS]);
/* An instruction of an exit was executed again right after itself. */
void exits__repeated(struct exits *exits, uint64_t address, uint8_t width);
/* See footprint.h. */
void exits__write(const struct exits *exits, FILE *f);

#endif
