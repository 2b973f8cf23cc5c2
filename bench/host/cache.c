// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/host/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/units.h"
#include "bench/host/files.h"

#define DIR	    "/sys/devices/system/cpu/cpu0/cache"
#define PAGE	    4096ull
#define FAR_SMALLER 8		   /* then a quarter of one cache is at least twice the other */
#define LEAST_L2    (128ull << 10) /* half of the smallest L2 cache of the last fifteen years */

struct reading {
	struct host_caches *caches;
	int64_t last_level;
};

/* Parses a size such as "1024K". */
static uint64_t size_of(const char *root, const char *name)
{
	char *text = host_file__read(root, DIR "/%s/size", name);
	uint64_t bytes = 0;

	if (!text || units__parse_size(text, &bytes))
		bytes = 0;
	free(text);
	return bytes;
}

static void read_one(const char *root, const char *name, void *arg)
{
	struct reading *r = arg;
	char *type = host_file__read(root, DIR "/%s/type", name);
	bool data = type && strcmp(type, "Instruction");
	uint64_t bytes = size_of(root, name);
	int64_t level;

	free(type);
	if (!data || !bytes || !host_file__number(&level, root, DIR "/%s/level", name))
		return;
	if (level == 1)
		r->caches->l1_bytes = bytes;
	if (level == 2)
		r->caches->l2_bytes = bytes;
	if (level > r->last_level) {
		r->last_level = level;
		r->caches->last_bytes = bytes;
	}
}

void host_caches__read(struct host_caches *caches, const char *root)
{
	struct reading r = { .caches = caches };

	*caches = (struct host_caches){ 0 };
	host_file__each(root, DIR, "index", read_one, &r);
}

static uint64_t quarter(uint64_t bytes, uint64_t before, uint64_t otherwise)
{
	return bytes && bytes >= FAR_SMALLER * before ? (bytes / 4 + PAGE - 1) & ~(PAGE - 1) :
							otherwise;
}

uint64_t host_caches__inside_l2(const struct host_caches *caches, uint64_t otherwise)
{
	uint64_t bytes = quarter(caches->l2_bytes, caches->l1_bytes, 0);

	if (caches->l2_bytes < 2 * LEAST_L2 || !bytes)
		return otherwise;
	return bytes > LEAST_L2 ? bytes : LEAST_L2;
}

uint64_t host_caches__inside_last(const struct host_caches *caches, uint64_t otherwise)
{
	return caches->last_bytes > caches->l2_bytes ?
		       quarter(caches->last_bytes, caches->l2_bytes, otherwise) :
		       otherwise;
}
