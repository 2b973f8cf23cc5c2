/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs fuzz targets without libFuzzer: on seeds and, for a given time, on mutations of them, in
 * which bytes change, fields get values at the edge of their range, and parts vanish, are doubled
 * or change places. The same inputs in every run, each in a block of memory of exactly its size.
 */
#ifndef HVBENCH_FUZZ_MUTATE_H
#define HVBENCH_FUZZ_MUTATE_H

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/clock.h"
#include "bench/base/stats.h"

#define MUTATE_MAX_BYTES (256 << 10)

typedef int (*fuzz_target)(const uint8_t *data, size_t size);

static const uint64_t mutate_edges[] = {
	0,
	1,
	2,
	3,
	7,
	0x7f,
	0xff,
	0xfff,
	0x1000,
	0x1001,
	0x7fff,
	0xffff,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	0x100000000,
	0x7fffffffffffffff,
	0x8000000000000000,
	0xfffffffffffff000,
	0xffffffffffffffff,
};

/* Changes some bytes at random, or fields of 1 to 8 bytes to values at the edge of their range. */
static inline void mutate__damage(uint8_t *data, size_t size, struct rng *rng)
{
	for (uint64_t times = rng__below(rng, 4) + 1; times && size; times--) {
		size_t width = 1u << rng__below(rng, 4), at;
		uint64_t value = rng__below(rng, 3) ?
					 mutate_edges[rng__below(rng, sizeof(mutate_edges) / 8)] :
					 rng__next(rng);

		width = width < size ? width : size;
		at = rng__below(rng, (size - width) / width + 1) * width;
		memcpy(data + at, &value, width);
	}
}

/* Inserts characters that mean something to readers of text. */
static inline void mutate__punctuate(uint8_t *data, size_t size, struct rng *rng)
{
	static const char marks[] = "\n\n =,:-/[]{}()\"'#;|\t0129xkM\x1b\xff%";

	for (uint64_t times = rng__below(rng, 4) + 1; times && size; times--)
		data[rng__below(rng, size)] = (uint8_t)marks[rng__below(rng, sizeof(marks))];
}

/*
 * Removes or doubles a part, or cuts off the end; `data` has room for MUTATE_MAX_BYTES. Returns the
 * new size.
 */
static inline size_t mutate__rearrange(uint8_t *data, size_t size, struct rng *rng)
{
	size_t from = rng__below(rng, size + 1),
	       len = rng__below(rng, (size - from < 64 ? size - from : 64) + 1);

	switch (rng__below(rng, 3)) {
	case 0:
		memmove(data + from, data + from + len, size - from - len);
		return size - len;
	case 1:
		if (size + len > MUTATE_MAX_BYTES)
			return size;
		memmove(data + from + len, data + from, size - from);
		return size + len;
	default:
		return from;
	}
}

/* Runs the seed, then mutations of it for `seconds`. Returns the number of inputs. */
static inline unsigned long mutate__seed(const uint8_t *seed, size_t size, fuzz_target target,
					 double seconds, struct rng *rng)
{
	uint64_t end = clock__ns() + (uint64_t)(seconds * 1e9);
	uint8_t *data = malloc(MUTATE_MAX_BYTES);
	unsigned long runs = 1;

	if (!data || size > MUTATE_MAX_BYTES)
		abort();
	target(seed, size);
	for (; clock__ns() < end; runs++) {
		size_t len = size;
		uint8_t *exact;

		memcpy(data, seed, size);
		for (uint64_t times = rng__below(rng, 3) + 1; times; times--) {
			uint64_t what = rng__below(rng, 3);

			if (what == 0)
				mutate__damage(data, len, rng);
			else if (what == 1)
				mutate__punctuate(data, len, rng);
			else
				len = mutate__rearrange(data, len, rng);
		}
		exact = malloc(len ?: 1);
		if (!exact)
			abort();
		memcpy(exact, data, len);
		target(exact, len);
		free(exact);
	}
	free(data);
	return runs;
}

static inline size_t mutate__read(const char *dir, const char *name, uint8_t *data)
{
	char path[1024];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "r");
	if (!file)
		return 0;
	len = fread(data, 1, MUTATE_MAX_BYTES, file);
	fclose(file);
	return len;
}

/* Runs all of tests/fuzz/corpus/NAME, `seconds` in all. */
static inline unsigned long mutate__corpus(const char *name, fuzz_target target, double seconds,
					   struct rng *rng)
{
	uint8_t *seed = malloc(MUTATE_MAX_BYTES);
	struct dirent **entries;
	unsigned long runs = 0;
	char dir[512];
	int nr;

	snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s", getenv("TOP") ?: ".", name);
	nr = scandir(dir, &entries, NULL, alphasort);
	if (!seed || nr < 3)
		abort();
	for (int i = 0; i < nr; i++) {
		if (entries[i]->d_name[0] != '.')
			runs += mutate__seed(seed, mutate__read(dir, entries[i]->d_name, seed),
					     target, seconds / (nr - 2), rng);
		free(entries[i]);
	}
	free(entries);
	free(seed);
	return runs;
}

#endif
