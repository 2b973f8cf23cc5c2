/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian's package archive through apt, with package lists and settings of the lab's own
 * (CACHE/apt/RELEASE) instead of the system's, so that other releases can be read and nothing in
 * the system changes. The archive's address and keys are those this machine is set up for.
 */
#ifndef HVBENCH_LAB_APT_H
#define HVBENCH_LAB_APT_H

#include "bench/lab/image/cache.h"
#include "bench/lab/image/kernels.h"

/* Fetches the release's package lists, unless that was done a short time ago. */
int apt__update(struct cache *cache, const char *release, struct error *err);
/* Fills in the newest version. -ENOENT: the release has no such package. */
int apt__candidate(struct cache *cache, const char *release, struct apt_package *package,
		   struct error *err);
/* Adds every version of every image package of a kernel that the release's lists have. */
int apt__kernel_images(struct cache *cache, const char *release, struct kernel_list *list,
		       struct error *err);
/*
 * The release's own kernel: the one that its metapackage for the flavour depends on. -ENOENT: none.
 */
int apt__release_kernel(struct cache *cache, const char *release, bool cloud,
			struct apt_package *image, struct error *err);
/*
 * All packages of the kernel whose image is packages[0]: newer ones have the kernel and its modules
 * in packages of their own. *nr becomes the number of packages.
 */
int apt__kernel_parts(struct cache *cache, const char *release, struct apt_package *packages,
		      unsigned int max, unsigned int *nr, struct error *err);
/* Downloads into `dir`; `file` becomes the name of the package there. */
int apt__download(struct cache *cache, const char *release, const struct apt_package *package,
		  const char *dir, char *file, size_t len, struct error *err);

#endif
