/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A slow-down of known size in front of each operation: what a comparison has to find is put in on purpose
 * (parameter extra=). Without one the loop is the plain loop, to the instruction.
 */
#ifndef HV_SLOWDOWN_H
#define HV_SLOWDOWN_H

#include <stdint.h>

#define SLOWDOWN_PARAM \
	{ "extra", "iterations of an empty loop before each operation: a slow-down of known size", \
	  PARAM_COUNT, 0, 0, 1000000000, NULL }

static inline void slow_down(uint64_t iterations)
{
	for (; iterations; iterations--)
		asm volatile("" : "+r"(iterations));
}

/* The statement n times, each time after so many iterations. */
#define REPEAT_SLOWED(n, iterations, operation)			\
	do {							\
		if (iterations) {				\
			while ((n)--) {				\
				slow_down(iterations);		\
				operation;			\
			}					\
		} else {					\
			while ((n)--)				\
				operation;			\
		}						\
	} while (0)

#endif
