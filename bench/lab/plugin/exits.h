/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exits seen, by the VM and by the guest's instruction; those that were alike in everything are
 * kept once, with how often they came.
 */
#ifndef HVBENCH_LAB_PLUGIN_EXITS_H
#define HVBENCH_LAB_PLUGIN_EXITS_H

#include <stdio.h>

#include "bench/lab/plugin/span.h"

#define EXITS_MAX (1u << 16)

struct exit_group {
	uint32_t vm; /* in the order they were started, from 1 */
	uint64_t rip; /* of the guest's instruction */
	uint64_t hash, count;
	uint64_t guest; /* the guest's own from one like it to this one: the least */
	uint64_t counts[SPAN_COUNTS];
	uint32_t named[NR_NAMES];
	uint64_t *path; /* from the second time on */
};

struct exits {
	struct exit_group *list; /* in the order of the first time */
	uint32_t nr, *slots; /* index + 1 */
	uint64_t lost; /* for want of room, or too long */
};

/* -1: out of memory. */
int exits__init(struct exits *exits);
/*
 * `guest`: the guest's own instructions between the exit before and this one, 0 if that was
 * another.
 */
void exits__add(struct exits *exits, uint32_t vm, uint64_t rip, uint64_t guest,
		const struct span *span);
/* See footprint.h. */
void exits__write(const struct exits *exits, FILE *f);

#endif
