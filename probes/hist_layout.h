/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The histograms that eBPF programs fill: the layout of bench/base/hist.h, cut off at 2^36 ns (68
 * s), in 32 bits a bucket. bucket__of() is for eBPF programs only.
 */
#ifndef HVBENCH_HIST_LAYOUT_H
#define HVBENCH_HIST_LAYOUT_H

#include <linux/types.h>

#define HIST_LAYOUT_SUB_BITS 4
#define HIST_LAYOUT_TOP_BITS 36
#define HIST_LAYOUT_BUCKETS \
	((HIST_LAYOUT_TOP_BITS - HIST_LAYOUT_SUB_BITS + 1) << HIST_LAYOUT_SUB_BITS)

#ifdef __bpf__
/*
 * The highest bit comes from a table, eight bits at a time: this takes a third of the instructions
 * of a binary search, since BPF has no instruction for it and no conditional moves.
 */
#define LOG2_2(n)   n, n
#define LOG2_4(n)   LOG2_2(n), LOG2_2(n)
#define LOG2_8(n)   LOG2_4(n), LOG2_4(n)
#define LOG2_16(n)  LOG2_8(n), LOG2_8(n)
#define LOG2_32(n)  LOG2_16(n), LOG2_16(n)
#define LOG2_64(n)  LOG2_32(n), LOG2_32(n)
#define LOG2_128(n) LOG2_64(n), LOG2_64(n)

static const __u8 log2_of[256] = {
	0, 0, LOG2_2(1), LOG2_4(2), LOG2_8(3), LOG2_16(4), LOG2_32(5), LOG2_64(6), LOG2_128(7),
};

static inline __attribute__((always_inline)) __u32 bucket__of(__u64 ns)
{
	__u32 shift;

	if (ns < 1ull << (HIST_LAYOUT_SUB_BITS + 8))
		shift = log2_of[ns >> HIST_LAYOUT_SUB_BITS];
	else if (ns < 1ull << (HIST_LAYOUT_SUB_BITS + 16))
		shift = 8 + log2_of[ns >> (HIST_LAYOUT_SUB_BITS + 8)];
	else if (ns < 1ull << (HIST_LAYOUT_SUB_BITS + 24))
		shift = 16 + log2_of[ns >> (HIST_LAYOUT_SUB_BITS + 16)];
	else if (ns < 1ull << HIST_LAYOUT_TOP_BITS)
		shift = 24 + log2_of[ns >> (HIST_LAYOUT_SUB_BITS + 24)];
	else
		return HIST_LAYOUT_BUCKETS - 1;
	return (shift << HIST_LAYOUT_SUB_BITS) + (ns >> shift);
}
#endif

#endif
