/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resamples of a bootstrap of two medians, apart from the values: of each resample only which
 * order statistics its medians are. That depends on the numbers of values and on the seed alone, so
 * that a comparison of thousands of cells draws them once for all cells of as many rounds, and each
 * cell only looks its own values up.
 */
#ifndef HVBENCH_RESAMPLES_H
#define HVBENCH_RESAMPLES_H

#include <stddef.h>
#include <stdint.h>

/* What a set of resamples depends on. */
struct resamples_of {
	uint64_t seed;
	size_t nr;	 /* how many */
	size_t sizes[2]; /* of the two samples drawn from, each at least 1 */
	size_t draws[2]; /* how many values are drawn from each, at least 1 */
};

/*
 * The median of values drawn from a sorted sample is the value at `low`, or halfway between those
 * at `low` and `high`.
 */
struct resample {
	struct {
		uint32_t low, high;
	} median[2];
	uint32_t times; /* in how many resamples */
};

struct resamples {
	struct resamples_of of;
	size_t nr; /* distinct ones */
	struct resample list[];
};

/* A set takes some 80 KiB. */
#define RESAMPLES_MAX_SETS 256

/* Keeps the sets that were used last; for one thread. */
struct resamples_cache {
	size_t drawn; /* resamples that had to be drawn so far */
	struct resamples *sets[RESAMPLES_MAX_SETS];
	size_t nr, next; /* in use; the one to be replaced when all are */
};

struct resamples_cache *resamples_cache__new(void);
void resamples_cache__free(struct resamples_cache *cache);
/* It belongs to the cache, and is valid until the next call. */
const struct resamples *resamples_cache__get(struct resamples_cache *cache,
					     const struct resamples_of *of);

#endif
