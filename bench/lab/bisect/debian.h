/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernels in Debian's archive, for `hvbench lab bisect`. */
#ifndef HVBENCH_BISECT_DEBIAN_H
#define HVBENCH_BISECT_DEBIAN_H

#include "bench/lab/bisect/members.h"
#include "bench/lab/image/cache.h"

/*
 * Those from one to another, both as "debian:NAME"; rebuilds for other releases (~deb12u1,
 * ~bpo12+1) only if an end is one. -EINVAL: not in this order; -ENOENT.
 */
int members__debian(struct members *members, struct cache *cache, const char *good, const char *bad,
		    struct error *err);

#endif
