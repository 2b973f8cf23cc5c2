/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each situation of a cell comes to in the exit status of a comparison; compare.h has the table.
 */
#ifndef HVBENCH_COMPARE_STATUS_H
#define HVBENCH_COMPARE_STATUS_H

#include <jansson.h>
#include <stdbool.h>

/* What a cell is that the base measured and the new result has not, or has skipped. */
enum compare_missing { MISSING_WARN, MISSING_FAIL, MISSING_IGNORE };

/* The exit status of MISSING_…: 2, 1, 0. */
int compare_status__of_missing(enum compare_missing missing);

/* Of a matched cell of the comparison, once it has its verdict, exits, base_status and new_status. */
int compare_status__of_cell(const json_t *cell, enum compare_missing missing, bool ratio_will_do);

/*
 * Of all matched cells and all without a like, by their "status": 1 if one is 1; else 3 if none was
 * judged; else the worst of them.
 */
int compare_status__of_all(const json_t *cells, const json_t *unmatched);

#endif
