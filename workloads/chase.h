/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One random cycle through the elements of a working set (Sattolo's shuffle), so that prefetchers
 * do not help and no short cycle stays in the cache; and the loop that follows it.
 */
#ifndef HV_CHASE_H
#define HV_CHASE_H

#include <stdint.h>

#define CHASE_UNROLL 8

static inline uint64_t chase__random(uint64_t *x)
{
	/* xorshift64*: Marsaglia, "Xorshift RNGs", 2003; Vigna, 2014. */
	*x ^= *x >> 12;
	*x ^= *x << 25;
	*x ^= *x >> 27;
	return *x * 0x2545f4914f6cdd1dull;
}

/* `n` elements that begin `stride` bytes apart; each is made to hold the address of the next. */
static inline void chase__link(uint8_t *base, uint64_t n, uint64_t stride, uint64_t seed)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15ull | 1;

	/*
	 * Each element starts as its own successor; swapping it with a lower one each time yields a
	 * single cycle.
	 */
	for (uint64_t i = 0; i < n; i++)
		*(uint64_t **)(base + i * stride) = (uint64_t *)(base + i * stride);
	for (uint64_t i = n - 1; i > 0; i--) {
		uint64_t j = (uint64_t)(((unsigned __int128)chase__random(&x) * i) >> 64);
		uint64_t **a = (uint64_t **)(base + i * stride);
		uint64_t **b = (uint64_t **)(base + j * stride);
		uint64_t *swap = *a;

		*a = *b;
		*b = swap;
	}
}

/*
 * Unrolled; its counter runs in parallel with the loads, so no empty loop is to be subtracted.
 * Returns where it ended.
 */
static inline uint64_t **chase__follow(uint64_t **p, uint64_t n)
{
	for (; n >= CHASE_UNROLL; n -= CHASE_UNROLL) {
		asm volatile("mov (%0), %0\n\t mov (%0), %0\n\t mov (%0), %0\n\t mov (%0), %0\n\t"
			     "mov (%0), %0\n\t mov (%0), %0\n\t mov (%0), %0\n\t mov (%0), %0"
			     : "+r"(p)::"memory");
	}
	while (n--)
		asm volatile("mov (%0), %0" : "+r"(p)::"memory");
	return p;
}

#endif
