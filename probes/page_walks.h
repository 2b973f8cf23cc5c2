/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which perf event counts page walks on this CPU: perf has no generic event for them. Events that
 * the CPU's PMU names in sysfs are taken from there (arm64), others by vendor, family and model;
 * for an unknown CPU nothing is guessed.
 *
 * Where CPUs differ (Intel's hybrid ones, big.LITTLE) the events are those of one kind of core and
 * count only on these.
 */
#ifndef HVBENCH_PAGE_WALKS_H
#define HVBENCH_PAGE_WALKS_H

#include <stdbool.h>
#include <stdint.h>

enum page_walk {
	PAGE_WALKS_LOAD, /* completed walks for loads; a walk of a guest's tables counts as
				 * one */
	PAGE_WALKS_STORE,
	PAGE_WALKS_DATA,       /* for both, where the CPU does not distinguish them */
	PAGE_WALKS_FETCH,      /* for instructions */
	PAGE_WALK_CYCLES_LOAD, /* cycles in which a walk for a load was in progress */
	NESTED_WALK_CYCLES,    /* of walks of the second-level tables, where the above does not
				 * include these */
	NR_PAGE_WALKS,
};

struct page_walk_event {
	const char *name, *unit;
	bool known;
	uint32_t type; /* perf_event_attr.type and .config */
	uint64_t config;
	char why[128]; /* why it is not known */
};

struct page_walk_cpu {
	char vendor[16]; /* as in CPUID */
	unsigned int family, model;
};

/*
 * All of them, in the order of enum page_walk. `root`: "" or a directory with the files of another
 * host.
 */
void page_walks__find(const char *root, struct page_walk_event events[NR_PAGE_WALKS]);
/* From the tables only: 0 and the raw event, or -ENOENT and why there is none. */
int page_walks__encode(const struct page_walk_cpu *cpu, enum page_walk which, uint64_t *config,
		       char *why, int len);

#endif
