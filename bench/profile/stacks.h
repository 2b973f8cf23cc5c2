/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in the kernel slow exits were, in the names of its functions: below each as it is printed,
 * and summed up by stack in the form that flame graphs are made of.
 */
#ifndef HVBENCH_PROFILE_STACKS_H
#define HVBENCH_PROFILE_STACKS_H

#include <stdio.h>

#include "bench/base/error.h"
#include "bench/profile/session.h"

struct stacks;

/* Reads /proc/kallsyms; where it has no addresses, stacks are numbers. NULL: no memory. */
struct stacks *stacks__open(struct error *err);
/*
 * Takes up the event: prints its stacks to `out` (NULL: does not), and adds its time off the CPU to
 * the one where it slept longest, the rest to the one where it ran.
 */
void stacks__add(struct stacks *s, const struct profile *p, const struct exits_event *e, FILE *out);
/*
 * Writes lines "VM;REASON;FUNCTION;…;FUNCTION NS", the innermost function last; what was not
 * sampled is "[not sampled]". Negative errno.
 */
int stacks__save(const struct stacks *s, const char *path, struct error *err);
void stacks__close(struct stacks *s);

#endif
