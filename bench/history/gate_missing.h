/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a gate must not overlook: cells of the judged result that failed or were skipped, and cells
 * that earlier results had and it lacks.
 */
#ifndef HVBENCH_GATE_MISSING_H
#define HVBENCH_GATE_MISSING_H

#include <jansson.h>

#include "bench/history/trend.h"
#include "reports/compare/compare_status.h"

/*
 * Adds them to a gate (trend.h): cells with the verdict "failed" (exit status 1) or "missing"
 * (status according to `missing`), their counts, and the gate's status. A cell is missing if one of
 * the 8 results of the same job before the last has it; where the job is not known, results that
 * have a cell in common with the last count as peers. `unmeasured` comes from
 * history__unmeasured().
 */
void gate__add_missing(json_t *gate, const json_t *results, const struct history_series *series,
		       size_t nr, const json_t *unmeasured, enum compare_missing missing,
		       const struct trend_options *options);

#endif
