/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells that were measured beside another VM (config.neighbour), against those that were alone. */
#ifndef HVBENCH_NEIGHBOUR_VIEW_H
#define HVBENCH_NEIGHBOUR_VIEW_H

#include <jansson.h>
#include <stdbool.h>

#include "bench/base/verdicts.h"
#include "reports/views/style.h"

#define NEIGHBOUR_VIEW_TITLE "noisy neighbours"

struct neighbour_effect {
	/* of the medians over rounds; NAN: it was alone, or there is nothing to compare with */
	double ratio;
	enum verdict verdict;
	/*
	 * Both are of the rounds' means instead: they are slower and the medians are not, because
	 * few operations wait, and long.
	 */
	bool of_means;
};

/*
 * Judges the cell's rounds against those of the cell of the same document with neighbour=none and
 * everything else the same: slower, faster, same, or inconclusive. Two tests, of the medians and of
 * the means, at one percent of error together.
 */
struct neighbour_effect neighbour_view__effect(const json_t *doc, const json_t *cell);

/*
 * All pairs of a document with two victims or more that had two neighbours or more; NULL: it has no
 * such matrix. What comes from the document is as it stands there.
 * { "neighbours": ["idle", ...],
 *   "victims": [ { "name", "fields": [ FIELD, ... ] } ] }
 * FIELD: null (not planned) or {"status", "ratio", "verdict", "means"}.
 * A field whose status is not "ok", or that has nothing to be compared with, has no ratio.
 */
json_t *neighbour_view__matrix(const json_t *doc);

/* Of a field: NAN, if it has none; whether it is of means. */
double neighbour_view__ratio(const json_t *field);
bool neighbour_view__is_of_means(const json_t *field);

/* How a verdict is marked behind a ratio: > slower, < faster, = same, ? inconclusive. */
const char *neighbour_view__mark(const char *verdict);

/* The matrix as a table for view__build(); NULL: there is none. */
json_t *neighbour_view__table(const json_t *doc, const struct view_style *style);
json_t *neighbour_view__legend(void);

#endif
