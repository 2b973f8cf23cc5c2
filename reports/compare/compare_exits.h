/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exits per operation of two cells: which appeared, which vanished, which changed. */
#ifndef HVBENCH_COMPARE_EXITS_H
#define HVBENCH_COMPARE_EXITS_H

#include <jansson.h>
#include <stdbool.h>

/*
 * EXITS of compare.h; null if neither cell has any. `exact`: counted with an instruction-counting
 * clock.
 */
json_t *compare__exits(const json_t *base, const json_t *new, bool exact);

#endif
