/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A delay of known size before each operation (parameter extra=), to test whether a comparison
 * finds it. Without it the loop is the plain loop, instruction for instruction.
 */
#ifndef HV_SLOWDOWN_H
#define HV_SLOWDOWN_H

#include <stdint.h>

#define SLOWDOWN_PARAM \
	{ \
		"extra", \
			"iterations of an empty loop before each operation: a slow-down of known " \
			"size", \
			PARAM_COUNT, 0, 0, 1000000000, NULL \
	}

static inline void slow_down(uint64_t iterations)
{
	for (; iterations; iterations--)
		asm volatile("" : "+r"(iterations));
}

/* Repeats the operation n times, each time after an empty loop of so many iterations. */
#define REPEAT_SLOWED(n, iterations, operation) \
	do { \
		if (iterations) { \
			while ((n)--) { \
				slow_down(iterations); \
				operation; \
			} \
		} else { \
			while ((n)--) \
				operation; \
		} \
	} while (0)

#endif
