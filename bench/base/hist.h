/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log-linear histogram of 64-bit values: one bucket per value below 2^HIST_SUB_BITS, above that
 * 2^HIST_SUB_BITS buckets an octave, so that a bucket is at most 1/16 of its value wide. The guest
 * (workloads/abi.h) and the probes use the same layout.
 */
#ifndef HVBENCH_HIST_H
#define HVBENCH_HIST_H

#include <stdint.h>

#define HIST_SUB_BITS 4
#define HIST_BUCKETS  ((64 - HIST_SUB_BITS + 1) << HIST_SUB_BITS)

struct hist {
	uint64_t count;
	/* exact where the source knows it, else the last bucket's top */
	uint64_t max;
	uint64_t bucket[HIST_BUCKETS];
};

unsigned int hist__bucket(uint64_t value);
uint64_t hist__low(unsigned int bucket);  /* smallest value of the bucket */
uint64_t hist__high(unsigned int bucket); /* largest value of the bucket */
void hist__add(struct hist *h, uint64_t value, uint64_t times);
void hist__merge(struct hist *into, const struct hist *from);
/*
 * The value below which a share q of the counts lies, interpolated within its bucket and never
 * above max. 0 when empty.
 */
double hist__quantile(const struct hist *h, double q);
double hist__mean(const struct hist *h); /* by bucket midpoints */

#endif
