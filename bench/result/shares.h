/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What VMs in control groups of their own had of the CPUs (workloads/cpu-shares.c): the cell's
 * "shares", whose fields are described in bench/result/result.schema.json; absent for all others.
 */
#ifndef HVBENCH_RESULT_SHARES_H
#define HVBENCH_RESULT_SHARES_H

#include <jansson.h>

#include "bench/result/rounds.h"

void result_shares__add(json_t *cell, const struct cell_rounds *r);

#endif
