/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian's package archive by way of apt, with package lists and settings of the lab's own
 * (CACHE/apt/RELEASE) beside the system's, so that other releases can be read and nothing of the
 * system changes. The archive's address and its keys are the ones this machine is set up for.
 */
#ifndef HVBENCH_LAB_APT_H
#define HVBENCH_LAB_APT_H

#include "cache.h"

struct apt_package {
	char name[128];
	char version[96];
};

/* Fetches the release's package lists unless that was done a short time ago. */
int apt__update(struct cache *cache, const char *release, struct error *err);
/* Fills in the newest version. -ENOENT: the release has no such package. */
int apt__candidate(struct cache *cache, const char *release, struct apt_package *package,
		   struct error *err);
/*
 * The packages of the newest kernel (of the cloud flavour or the usual one) whose version is `version`,
 * or begins with it ("6.1"); "" for any. -ENOENT: none. The image itself comes first.
 */
int apt__kernel(struct cache *cache, const char *release, bool cloud,
		const char *version, struct apt_package *packages, unsigned int max,
		unsigned int *nr, struct error *err);
/* Into `dir`; `file` is the name the package has there. */
int apt__download(struct cache *cache, const char *release, const struct apt_package *package,
		  const char *dir, char *file, size_t len, struct error *err);

#endif
