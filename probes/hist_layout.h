/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The histograms that eBPF programs fill: the layout of bench/base/hist.h, cut off at 2^36 ns (68
 * s), in 32 bits a bucket. bucket__count() is for eBPF programs only.
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
 * Above 16 every four octaves have the same 64 buckets, for values 16 times as large. So one table
 * for the values up to 255 is enough: of larger ones it is asked for the upper eight bits. BPF has
 * no instruction for the highest bit of a number. In bytes from the bucket of 16 on.
 */
#define BUCKETS_1(n) (n) * sizeof(__u32)
#define BUCKETS_2(n) BUCKETS_1(n), BUCKETS_1(n)
#define BUCKETS_4(n) BUCKETS_2(n), BUCKETS_2(n)
#define BUCKETS_8(n) BUCKETS_4(n), BUCKETS_4(n)
#define BUCKETS_OCTAVE(each, n) \
	each(n), each(n + 1), each(n + 2), each(n + 3), each(n + 4), each(n + 5), each(n + 6), \
		each(n + 7), each(n + 8), each(n + 9), each(n + 10), each(n + 11), each(n + 12), \
		each(n + 13), each(n + 14), each(n + 15)

/* The first 16 are never looked up. */
static const __u8 bucket_bytes[256] = {
	BUCKETS_OCTAVE(BUCKETS_1, 0),  BUCKETS_OCTAVE(BUCKETS_1, 0),  BUCKETS_OCTAVE(BUCKETS_2, 16),
	BUCKETS_OCTAVE(BUCKETS_4, 32), BUCKETS_OCTAVE(BUCKETS_8, 48),
};

/*
 * base + offset, as one instruction: the compiler copies the base first. It works on registers, so
 * `offset` has to be within what the verifier knows.
 */
static inline __attribute__((always_inline)) void *at_offset(void *base, __u64 offset)
{
#ifdef __BPF__
	asm volatile("%0 += %1" : "+r"(offset) : "r"(base));
	return (void *)offset;
#else
	return (char *)base + offset;
#endif
}

/* The bucket for `top`, the upper eight bits of `ns`; the mask is what the verifier knows of it. */
static inline __attribute__((always_inline)) __u32 *bucket__at(void *object, __u64 buckets,
							       __u32 octaves, __u64 top)
{
	char *from_object = at_offset(object, bucket_bytes[top] & 0xfc);

	return (__u32 *)(from_object + buckets) + 16 * (octaves + 1);
}

/* Counts a time in the buckets of an object that has them at that offset. */
static inline __attribute__((always_inline)) void bucket__count(void *object, __u64 buckets,
								__u64 ns)
{
	__u32 *first = (void *)((char *)object + buckets);

	if (ns < 1 << 12) {
		/* The verifier does not understand both bounds in one comparison. */
		asm volatile("" : "+r"(ns));
		if (ns >= 1 << 8) {
			++*bucket__at(object, buckets, 4, ns >> 4);
			/* Most times are such: they are not to jump to what all share. */
			asm volatile("" : : : "memory");
		} else if (ns >= 16) {
			++*bucket__at(object, buckets, 0, ns);
		} else {
			++first[ns];
		}
	} else if (ns < 1 << 16) {
		++*bucket__at(object, buckets, 8, ns >> 8);
	} else if (ns < 1 << 20) {
		++*bucket__at(object, buckets, 12, ns >> 12);
	} else if (ns < 1 << 24) {
		++*bucket__at(object, buckets, 16, ns >> 16);
	} else if (ns < 1 << 28) {
		++*bucket__at(object, buckets, 20, ns >> 20);
	} else if (ns < 1ull << 32) {
		++*bucket__at(object, buckets, 24, ns >> 24);
	} else if (ns < 1ull << HIST_LAYOUT_TOP_BITS) {
		++*bucket__at(object, buckets, 28, ns >> 28);
	} else {
		++first[HIST_LAYOUT_BUCKETS - 1];
	}
}
#endif

#endif
