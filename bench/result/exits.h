/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exits in the timed part of a cell's rounds, by KVM's statistics and the VMM's own count, beside
 * those expected.
 */
#ifndef HVBENCH_RESULT_EXITS_H
#define HVBENCH_RESULT_EXITS_H

#include <jansson.h>

#include "bench/result/rounds.h"

/*
 * How far observed exits per operation may be from the expected number, because of stray
 * interrupts.
 */
#define EXITS_TOLERANCE 0.001

/*
 * "exits"; null: no VM, or nothing was counted. `virt`: host.virt, which names the expected
 * reasons.
 */
json_t *result_exits__new(const struct cell_rounds *rounds, const char *virt);

#endif
