/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cells of the result document, built from measurements while a run goes on. The format is
 * described in bench/result/result.schema.json; document.h makes the rest of the document, file.h
 * writes and reads it.
 */
#ifndef HVBENCH_RESULT_H
#define HVBENCH_RESULT_H

#include <jansson.h>

#include "bench/plan/plan.h"
#include "bench/result/rounds.h"

/*
 * Adds the cell: net samples per operation in the cell's unit, raw samples, a summary over the
 * rounds, exits, warnings, status. A cell is ok when at least one round is; failed rounds are
 * reported in a warning. Returns the new cell (borrowed), so that more can be added to it; NULL:
 * out of memory. Expected exits are named according to host.virt, which must be set before.
 */
json_t *result__add_cell(json_t *doc, const struct cell_rounds *rounds);
/* Adds what identifies the cell: workload, label, params, ring, backend, config … */
void result__identify(json_t *object, const struct cell *cell);

#endif
