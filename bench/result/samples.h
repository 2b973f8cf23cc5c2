/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cell's samples: without the empty loop, per operation, in the cell's unit, and their summary.
 */
#ifndef HVBENCH_RESULT_SAMPLES_H
#define HVBENCH_RESULT_SAMPLES_H

#include <jansson.h>

#include "bench/result/rounds.h"

/*
 * "unit", "higher_is_better", "tsc_khz", "ops_per_sample", "rounds", "latency", "summary", and
 * warnings.
 */
void result_samples__add(json_t *cell, const struct cell_rounds *rounds);

#endif
