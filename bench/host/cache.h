/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sizes of this host's data caches, for default working sets that have to lie well inside one:
 * near the size of a cache, the cost of an access depends on where the host's pages happen to lie.
 */
#ifndef HVBENCH_HOST_CACHE_H
#define HVBENCH_HOST_CACHE_H

#include <stdint.h>

struct host_caches {
	uint64_t l1_bytes, l2_bytes; /* of one CPU; 0: there is none, or it is not known */
	uint64_t last_bytes;	     /* the outermost one, by however many CPUs shared; 0: not
					 * known */
};

/*
 * Those of CPU 0, from sysfs below `root` ("" for the machine's own). They stay the same as long as
 * the host runs.
 */
void host_caches__read(struct host_caches *caches, const char *root);

/*
 * A working set that lies inside the cache of this level and beyond the level before: a quarter of
 * the cache, in whole pages; for the second level at least 128 KiB. Returns `otherwise` where the
 * host does not say how large its caches are, or where the level before is not much smaller.
 */
uint64_t host_caches__inside_l2(const struct host_caches *caches, uint64_t otherwise);
uint64_t host_caches__inside_last(const struct host_caches *caches, uint64_t otherwise);

#endif
