/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a history says: for each cell its levels over time with the changes between them, dated, and
 * whether a new figure fits the level of late.
 *
 * A trend, as JSON: { "label", "config", "backend", "group", "unit", "higher_is_better",
 *   "figure": "cost" or "ratio", "n", "first", "last", "level": the median since the last change,
 *   "times": [text], "values": [number], "low": [number or null], "high": […],
 *   "changes": [ {"at": index, "started", "label", "kernel", "before_started", "before_label", "before_kernel",
 *                 "before", "after", "change", "p", "verdict": "slower|faster"} ] }
 * Values are in the cell's unit; with "ratio" they are the cost over that of the reference beside it, in time
 * an operation takes whatever the unit: higher is worse, and "higher_is_better" is of what is followed.
 *
 * A gate, as JSON: { "status": exit status, "results": how many of the history were used,
 *   "counts": {VERDICT: nr}, "cells": [ {"label", …, "verdict": "slower|faster|same|moved|inconclusive|new", "value", "level", "change",
 *   "limit": beyond what a change is one, "noise", "n", "why"} ] }
 * gate_missing.h adds cells with the verdicts "failed" and "missing", and their "status": what they add to the gate's.
 */
#ifndef HVBENCH_TREND_H
#define HVBENCH_TREND_H

#include <jansson.h>
#include <stddef.h>

#include "bench/history/store.h"

enum trend_figure { TREND_AUTO, TREND_COST, TREND_RATIO };

struct trend_options {
	enum trend_figure figure;	/* AUTO: the ratio where all points of a cell have it */
	double alpha;			/* of a change; family-wise of a gate */
	double floor;			/* relative */
	const char *const *only;	/* patterns (fnmatch) of labels, workloads and groups; NULL: all */
};

/* What of a history has to be read for that. */
struct history_filter trend__filter(const struct trend_options *options);

/* `results` as of history__list(). NULL: out of memory. */
json_t *trend__find(const json_t *results, const struct history_series *series, size_t nr,
		    const struct trend_options *options);

/*
 * Does the last of the results fit those before it? Its figures against the levels that the trends had
 * been at since their last change: outside of what 1 - alpha of further results would be, for all cells
 * together, and beyond the floor, it is slower or faster. Where that is the ratio, and it is the same, but the cost
 * is not, the cell moved together with its reference: status 2, as for inconclusive ones. With fewer than 8 results at the level it is
 * inconclusive. NULL: out of memory.
 */
json_t *trend__gate(const json_t *results, const struct history_series *series, size_t nr,
		    const struct trend_options *options);

#endif
