/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the plugin records about one exit: counts, and the sets of lines and pages that were
 * touched.
 */
#ifndef HVBENCH_LAB_PLUGIN_SPAN_H
#define HVBENCH_LAB_PLUGIN_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/lab/plugin/decode.h"

#define LINE_SHIFT 6
#define PAGE_SHIFT 12
#define SPAN_SLOTS (1u << 15) /* of a set, of which half can be used */
#define SPAN_INSNS \
	(1u << 17) /* longer ones are not exits, but what the host does between two VMs */

/* In the order of the file: see footprint.h. */
enum span_count {
	SPAN_INSN,
	SPAN_INSN_USER,
	SPAN_LOADS,
	SPAN_STORES,
	SPAN_CODE_LINES,
	SPAN_DATA_LINES,
	SPAN_DATA_LINES_WRITTEN,
	SPAN_CODE_PAGES,
	SPAN_DATA_PAGES,
	SPAN_BRANCHES,
	SPAN_TAKEN,
	SPAN_INDIRECT,
	SPAN_RETURNS,
	SPAN_LOCKED,
	SPAN_COUNTS
};

/*
 * Emptied by starting a new epoch, since clearing it for every exit would cost more than the exit.
 */
struct span_set {
	uint64_t keys[SPAN_SLOTS];
	uint32_t epochs[SPAN_SLOTS];
	uint32_t epoch, nr;
};

struct span {
	uint64_t counts[SPAN_COUNTS];
	uint32_t named[NR_NAMES];
	struct span_set code_lines, data_lines, written_lines, code_pages, data_pages;
	uint64_t path[SPAN_INSNS]; /* the address of each instruction */
	uint64_t hash;		   /* of the path */
	bool overflow;		   /* too long, or more lines than a set has room for */
};

static inline void set__empty(struct span_set *set)
{
	set->epoch++;
	set->nr = 0;
}

/* Returns whether it was not in the set yet; *full: there was no room. */
static inline bool set__add(struct span_set *set, uint64_t key, bool *full)
{
	uint32_t i = (uint32_t)(key * 0x9e3779b97f4a7c15ull >> 49) % SPAN_SLOTS;

	for (; set->epochs[i] == set->epoch; i = (i + 1) % SPAN_SLOTS)
		if (set->keys[i] == key)
			return false;
	if (set->nr == SPAN_SLOTS / 2) {
		*full = true;
		return false;
	}
	set->epochs[i] = set->epoch;
	set->keys[i] = key;
	set->nr++;
	return true;
}

static inline void span__begin(struct span *s)
{
	__builtin_memset(s->counts, 0, sizeof(s->counts));
	__builtin_memset(s->named, 0, sizeof(s->named));
	set__empty(&s->code_lines);
	set__empty(&s->data_lines);
	set__empty(&s->written_lines);
	set__empty(&s->code_pages);
	set__empty(&s->data_pages);
	s->hash = 0xcbf29ce484222325ull;
	s->overflow = false;
}

static inline void span__code(struct span *s, uint64_t address)
{
	s->counts[SPAN_CODE_LINES] += set__add(&s->code_lines, address >> LINE_SHIFT, &s->overflow);
	s->counts[SPAN_CODE_PAGES] += set__add(&s->code_pages, address >> PAGE_SHIFT, &s->overflow);
}

/*
 * By physical line, since a line may be mapped in several places; by virtual page, since each
 * mapping needs a TLB entry.
 */
static inline void span__data(struct span *s, uint64_t address, uint64_t physical, bool store)
{
	s->counts[SPAN_DATA_LINES] +=
		set__add(&s->data_lines, physical >> LINE_SHIFT, &s->overflow);
	if (store)
		s->counts[SPAN_DATA_LINES_WRITTEN] +=
			set__add(&s->written_lines, physical >> LINE_SHIFT, &s->overflow);
	s->counts[SPAN_DATA_PAGES] += set__add(&s->data_pages, address >> PAGE_SHIFT, &s->overflow);
}

static inline void span__step(struct span *s, uint64_t address)
{
	uint64_t n = s->counts[SPAN_INSN]++;

	if (n == SPAN_INSNS) {
		s->overflow = true;
		return;
	}
	s->path[n] = address;
	s->hash = (s->hash ^ address) * 0x100000001b3ull;
	s->hash ^= s->hash >> 29;
}

#endif
