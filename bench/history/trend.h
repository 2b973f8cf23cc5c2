/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a history shows: for each cell its levels over time with the dates of the changes between
 * them, and whether a new figure fits the latest level.
 *
 * A trend, as JSON: { "label", "config", "backend", "group", "unit", "higher_is_better",
 *   "figure": "cost" or "ratio", "n", "first", "last", "level": the median since the last change,
 *   "times": [text], "values": [number], "low": [number or null], "high": […],
 *   "changes": [ {"at": index, "started", "label", "kernel", "before_started", "before_label",
 *   "before_kernel",
 *                 "before", "after", "change", "p",
 *                 "verdict": "slower|faster"; of a ratio also "same" if the cost, well known, did
 *                 not move, only the reference, and "inconclusive" if it moved the other way,
 *                 "why": text or null} ] }
 * Values are in the cell's unit. With "ratio" they are the time an operation takes over that of the
 * reference beside it, whatever the unit is: higher is worse. "higher_is_better" refers to these
 * values.
 *
 * A gate, as JSON: { "status": exit status, "results": how many of the history were used,
 *   "counts": {VERDICT: nr}, "cells": [ {"label", …,
 *   "verdict": "slower|faster|same|moved|inconclusive|new", "value", "level", "change",
 *   "limit": the least change that counts, "noise", "n", "why"} ] }
 * gate_missing.h adds cells with the verdicts "failed" and "missing", and their "status": what they
 * contribute to the gate's.
 */
#ifndef HVBENCH_TREND_H
#define HVBENCH_TREND_H

#include <jansson.h>
#include <stddef.h>

#include "bench/history/series.h"

enum trend_figure { TREND_AUTO, TREND_COST, TREND_RATIO };

struct trend_options {
	enum trend_figure figure; /* AUTO: the ratio if all points of a cell have one */
	double alpha;		  /* for a change; for a whole gate it is family-wise */
	double floor;		  /* relative */
	const char *const *only;  /* patterns (fnmatch) of labels, workloads and groups;
					 * NULL: all */
};

/* Which part of a history has to be read for these options. */
struct history_filter trend__filter(const struct trend_options *options);

/* `results` come from history__list(). */
json_t *trend__find(const json_t *results, const struct history_series *series, size_t nr,
		    const struct trend_options *options);

/*
 * Does the last result fit those before it? A cell's figure is compared with the level of its trend
 * since the last change. It is slower or faster if it lies outside the range that would hold 1 -
 * alpha of further results, for all cells together, and the change exceeds the floor. If the figure
 * is the ratio and that is the same, but the cost is not, the cell "moved" together with its
 * reference: status 2, as for inconclusive ones. With fewer than 8 results at the level the cell is
 * inconclusive, and so is one that would be slower or faster if all CPUs were busy, or the load was
 * unlike that of all results before, and that may be why (result/load.h). NULL: out of memory.
 */
json_t *trend__gate(const json_t *results, const struct history_series *series, size_t nr,
		    const struct trend_options *options);

#endif
