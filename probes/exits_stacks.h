/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in the kernel a vCPU's thread was during a slow exit: where it slept longest, by its
 * switch, and where it was on the CPU when the exit passed the limit, by a timer on each CPU.
 */
#ifndef HVBENCH_EXITS_STACKS_H
#define HVBENCH_EXITS_STACKS_H

#include <stdint.h>

#include "bench/base/error.h"
#include "probes/exits.h"

/* For exits.c only. */
int exits_stacks__attach(struct exits *x, struct error *err);
void exits_stacks__detach(struct exits *x);

/*
 * The return addresses of a stack by its number in an event, the innermost first; how many there
 * are, 0: it could not be kept.
 */
unsigned int exits_stacks__read(const struct exits *x, int32_t stack,
				uint64_t addresses[EXITS_FRAMES]);

#endif
