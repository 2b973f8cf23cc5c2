/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lab's cache: Debian packages, fetched by apt into a directory of the user's and unpacked
 * there, never installed. Once a package is here, no network is needed.
 *
 *   CACHE/sets/NAME      which packages a name stands for, with their SHA-256 (sha256sum's format)
 *   CACHE/debs/NAME.deb  the packages
 *   CACHE/trees/DEB/     the files of a package that the lab uses; hashes in CACHE/trees/DEB.sha256
 *   CACHE/apt/RELEASE/   package lists of one Debian release
 *
 * Trust: apt checks a package against the signed lists when it is fetched. Whatever is in the cache
 * is checked, each time it is used, against the hashes written then. A damaged tree is unpacked
 * again from its package, and a damaged package is fetched again.
 *
 * The package archive is the one that apt is set up for on this machine, or that of --mirror.
 */
#ifndef HVBENCH_LAB_CACHE_H
#define HVBENCH_LAB_CACHE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "bench/base/error.h"
#include "bench/lab/proc.h"

#define LAB_PATH 1024
#define MAX_SET	 24

/* The Debian release from which everything except the kernel under test comes. */
#define LAB_RELEASE "bookworm"

struct cache {
	char dir[LAB_PATH];
	bool offline;
	bool refresh;	    /* look up and fetch again even what is here already */
	const char *mirror; /* NULL: from apt's configuration */
	struct signals_blocked *signals;
	void (*progress)(void *data, const char *text); /* may be NULL */
	void *progress_data;
	int lock_fd;
	unsigned int lock_depth;
};

/* Unpacked packages, in the order in which they were asked for. */
struct tree_set {
	unsigned int nr;
	char dir[MAX_SET][LAB_PATH]; /* CACHE/trees/DEB */
	char version[64];	     /* of the first package */
};

/* The directory is $XDG_CACHE_HOME/hvbench/lab, else ~/.cache/hvbench/lab; created if need be. */
int cache__open(struct cache *cache, struct signals_blocked *signals, struct error *err);
void cache__close(struct cache *cache);

/*
 * Packages by name from `release`, stored as `set` in the cache. -ENETUNREACH: not here, and
 * offline or not allowed to fetch; -ENOENT: the release has no such package.
 */
int cache__packages(struct cache *cache, const char *set, const char *release,
		    const char *const *packages, struct tree_set *trees, struct error *err);

/*
 * A kernel by name: a release (its own kernel), or as described in kernels.h: "SERIES", "VERSION",
 * "ABI", "generic-…". Remembered, so that the name stands for the same kernel until `refresh`.
 */
int cache__kernel(struct cache *cache, const char *name, struct tree_set *trees, struct error *err);

/*
 * All kernels that Debian's archive has, in all releases that can be read; of those that cannot,
 * the lists that are here already. `list` is freed by kernel_list__free().
 */
struct kernel_list;
int cache__kernels(struct cache *cache, struct kernel_list *list, struct error *err);

/* The first file whose name matches the pattern (fnmatch) below the trees; false: none. */
bool cache__find_file(const struct tree_set *trees, const char *pattern, char *path, size_t len);

#endif
