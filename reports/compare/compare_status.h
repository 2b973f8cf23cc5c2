/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How each situation of a cell affects a comparison's exit status; compare.h has the table. */
#ifndef HVBENCH_COMPARE_STATUS_H
#define HVBENCH_COMPARE_STATUS_H

#include <jansson.h>
#include <stdbool.h>

/* How to treat a cell that the base measured but the new result lacks or skipped. */
enum compare_missing { MISSING_WARN, MISSING_FAIL, MISSING_IGNORE };

/* The exit status for MISSING_…: 2, 1, 0. */
int compare_status__of_missing(enum compare_missing missing);

/* For a matched cell of the comparison that has its verdict, exits, base_status and new_status. */
int compare_status__of_cell(const json_t *cell, enum compare_missing missing, bool ratio_will_do);

/*
 * Over all matched cells and all without a counterpart, by their "status": 1 if one is 1; else 3 if
 * none was judged; else the worst of them.
 */
int compare_status__of_all(const json_t *cells, const json_t *unmatched);

#endif
