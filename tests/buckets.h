/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The histograms of eBPF programs (probes/hist_layout.h) in plain C. */
#ifndef HVBENCH_TESTS_BUCKETS_H
#define HVBENCH_TESTS_BUCKETS_H

#include <stdint.h>
#include <string.h>

/* clang-format off: bucket__count() is for eBPF, and plain C */
#define __bpf__
#include "probes/hist_layout.h"
#undef __bpf__
/* clang-format on */

/* The bucket in which a time is counted; HIST_LAYOUT_BUCKETS if it is in none. */
static inline unsigned int bucket__of(uint64_t ns)
{
	__u32 buckets[HIST_LAYOUT_BUCKETS] = { 0 };
	unsigned int i = 0;

	bucket__count(buckets, 0, ns);
	while (i < HIST_LAYOUT_BUCKETS && buckets[i] != 1)
		i++;
	return i;
}

#endif
