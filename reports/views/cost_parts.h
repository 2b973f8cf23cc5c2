/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HVBENCH_COST_PARTS_H
#define HVBENCH_COST_PARTS_H

#include <jansson.h>
#include <stdbool.h>

enum cost_part { COST_KERNEL, COST_USER, COST_OFF_CPU, COST_SWITCH, NR_COST_PARTS };

/*
 * Where the cost of an operation goes, in the cell's unit (ns, insn): parts that add up to the
 * cell's figure, none of them negative. False: there is no such breakdown (in older results it may
 * not add up).
 */
bool cost_parts__of(const json_t *cell, double parts[NR_COST_PARTS]);

#endif
