/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exits summed up by reason, detail and a group of the caller's. */
#ifndef HVBENCH_EXITS_PROFILE_H
#define HVBENCH_EXITS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/hist.h"
#include "probes/exits_layout.h"
#include "probes/exits_read.h"

struct exits_sum {
	char name[64];
	enum exits_kind kind;
	uint64_t key;
	unsigned int isa;
	int64_t group; /* chosen by the caller: 0, a slot, a process */
	uint64_t count;
	uint64_t ns, off_ns, user_ns, user_off_ns, max_ns;
	int64_t clip_ns;  /* as in exits_delta; ns + clip_ns is the part of the time between
				 * the collections */
	bool repeats;	  /* counts exits that other reasons count too: not part of a total */
	struct hist hist; /* exit to entry; hist.count may lag behind count by exits under
				 * way */
	unsigned int top; /* the highest bucket ever used */
};

/* The time of exits: from exit to entry, and what of that was spent in user space, off the CPU. */
struct exits_time {
	uint64_t ns, user_ns, off_ns;
	uint64_t timed; /* exits; 0: no time is known */
};

struct exits_profile {
	struct exits_sum **list;
	size_t nr, room;
	uint32_t *index; /* hash table from what is summed up to its place in list + 1; 2 *
				 * room entries */
};

void exits_profile__free(struct exits_profile *p);
/* Adds the delta to its sum. -ENOMEM. */
int exits_profile__add(struct exits_profile *p, struct exits *x, const struct exits_delta *delta,
		       int64_t group);
/* Sets all sums to 0, and keeps the sums themselves. */
void exits_profile__clear(struct exits_profile *p);
/* Adds a sum of another profile, to this group. -ENOMEM. */
int exits_profile__merge(struct exits_profile *p, const struct exits_sum *sum, int64_t group);
/* Takes out, and frees, those sums that `drop` returns true for. */
void exits_profile__drop(struct exits_profile *p,
			 bool (*drop)(const struct exits_sum *sum, void *ctx), void *ctx);
/* Sorts by count, largest first. Nothing can be added after that. */
void exits_profile__sort(struct exits_profile *p);
uint64_t exits_profile__count(const struct exits_profile *p); /* rows by reason only, each exit
								 * once */
/* That of a group, over all reasons. */
struct exits_time exits_profile__time(const struct exits_profile *p, int64_t group);
/* Adds time spent in exits of a kind of which none was seen. -ENOMEM. */
int exits_profile__add_time(struct exits_profile *p, struct exits *x, unsigned int isa,
			    uint32_t reason, int64_t group, uint64_t ns);

#endif
