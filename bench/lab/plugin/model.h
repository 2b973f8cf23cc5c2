/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model of caches: set-associative, least recently used out first, of lines of 64 bytes and pages
 * of 4 KiB; L2 holds what missed in either L1. No prefetching, no writes back, nothing speculative,
 * nothing that the processor reads by itself (VMRUN's own state, page tables). What it says is what
 * would miss in such caches, not what a processor does.
 *
 * Code by virtual address and data by physical, pages by virtual; the guest's are told apart from
 * the host's, as by tags. The guest's own code and data go through the same caches, and nothing is
 * ever flushed.
 */
#ifndef HVBENCH_LAB_PLUGIN_MODEL_H
#define HVBENCH_LAB_PLUGIN_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/* In the order of the plugin's option and file. */
enum model_part { MODEL_L1I, MODEL_L1D, MODEL_L2, MODEL_ITLB, MODEL_DTLB, MODEL_PARTS };

#define MODEL_MOST_ENTRIES (1u << 24)

struct model_cache {
	uint32_t sets, ways;
	uint64_t *tags; /* of each set the most recently used first; 0: empty */
};

struct model {
	bool on;
	struct model_cache parts[MODEL_PARTS];
	uint32_t misses[MODEL_PARTS]; /* since they were last set to 0 */
};

/*
 * "SETSxWAYS" of each part, with colons between them. -1: it is not that, or out of memory; what
 * was allocated is freed.
 */
int model__init(struct model *m, const char *text);
void model__free(struct model *m);
/* An instruction, or what of it is on another line. */
void model__code(struct model *m, uint64_t address, bool guest);
void model__data(struct model *m, uint64_t address, uint64_t physical, bool guest);

#endif
