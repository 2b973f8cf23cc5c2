/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits that control groups put on this process. */
#ifndef HVBENCH_HOST_LIMITS_H
#define HVBENCH_HOST_LIMITS_H

#include <stdint.h>

struct host_limits {
	const char *version;	   /* "v1", "v2" or NULL: no control groups */
	double cpus;		   /* quota / period, the least among all ancestors; 0: none */
	int64_t memory_bytes;	   /* the least among all ancestors; -1: none */
	int64_t memory_free_bytes; /* limit minus usage where that is least; -1: no limit */
	char *cpuset;		   /* effective CPUs or NULL; the caller frees it */
};

void host_limits__read(struct host_limits *limits, const char *root);

#endif
