/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits that control groups put on this process. */
#ifndef HVBENCH_HOST_LIMITS_H
#define HVBENCH_HOST_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct host_limits {
	const char *version;	   /* "v1", "v2" or NULL: no control groups */
	double cpus;		   /* quota / period, the least among all ancestors; 0: none */
	int64_t memory_bytes;	   /* the least among all ancestors; -1: none */
	int64_t memory_free_bytes; /* limit minus usage where that is least; -1: no limit */
	char *cpuset;		   /* effective CPUs or NULL; the caller frees it */
};

void host_limits__read(struct host_limits *limits, const char *root);

/* A limit on huge pages of one size. */
struct hugetlb_limit {
	int64_t left_bytes; /* limit minus usage, the least among all ancestors; -1: no limit */
	char file[512];	    /* which holds that limit, cut if it is longer */
};

/*
 * `reserving`: the limit on reserving pages, which mmap() meets (hugetlb.*.rsvd.*); else that on
 * using them, which a page fault meets.
 */
void host_limits__hugetlb(struct hugetlb_limit *limit, const char *root, uint64_t page_bytes,
			  bool reserving);

#endif
