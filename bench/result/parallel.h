/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each of a cell's vCPUs measured where several of one VM were at work (parallel=): the cell's
 * "parallel", whose fields are described in bench/result/result.schema.json; null for one vCPU.
 */
#ifndef HVBENCH_RESULT_PARALLEL_H
#define HVBENCH_RESULT_PARALLEL_H

#include <jansson.h>

#include "bench/result/rounds.h"

/* To be called once the cell has its unit. */
void result_parallel__add(json_t *cell, const struct cell_rounds *r);

#endif
