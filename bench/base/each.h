/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work that is the same for each of many things, done on all CPUs this process may use. */
#ifndef HVBENCH_EACH_H
#define HVBENCH_EACH_H

#include <stddef.h>

/*
 * Calls one(ctx, i) once for each i below nr, in any order and at the same time, and returns when
 * all are done. Without threads to be had it takes longer. Not while something is measured.
 */
void each__of(size_t nr, void (*one)(void *ctx, size_t i), void *ctx);

#endif
