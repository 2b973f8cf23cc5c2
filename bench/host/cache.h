/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sizes of this host's data caches, for defaults that have to lie well inside one: on a cache's edge
 * what an access costs depends on where the host's pages happen to lie.
 */
#ifndef HVBENCH_HOST_CACHE_H
#define HVBENCH_HOST_CACHE_H

#include <stdint.h>

struct host_caches {
	uint64_t l1_bytes, l2_bytes;	/* of one CPU; 0: there is none, or nobody says */
	uint64_t last_bytes;		/* the outermost one, whoever shares it; 0: nobody says */
};

/* Of CPU 0, by sysfs below `root` ("" for the machine's own): the same for as long as the host is. */
void host_caches__read(struct host_caches *caches, const char *root);

/*
 * How much of a level's cache a working set takes that lies inside it and beyond the level before: a quarter
 * in whole pages, of the second level at least 128 KiB. `otherwise`, where the host does not say or the level before is not far smaller.
 */
uint64_t host_caches__inside_l2(const struct host_caches *caches, uint64_t otherwise);
uint64_t host_caches__inside_last(const struct host_caches *caches, uint64_t otherwise);

#endif
