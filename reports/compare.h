/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The comparison of result documents, as a document of its own, which all its renderers show:
 *
 * { "schema": "hvbench.compare/1", "tool": {"version", "commit"},
 *   "options": {"threshold", "alpha", "level", "only": […], "across": […], "forced"},
 *   "base": RUN, "status": 0…3 (the exit status),
 *   "comparisons": [ {
 *      "new": RUN, "status", "refused": null or why nothing was compared, "matched": cells,
 *      "hosts": {"unlike", "machine": [DIFFERENCE], "setup": [DIFFERENCE]},		see hosts.h
 *      "counts": {"slower", "faster", "same", "inconclusive", "lost", "gained", "exits"},
 *      "common": null or {"change", "cells", "agree"},		the shift that most cells share
 *      "remarks": [text],
 *      "cells": [ { "workload", "label", "group", "unit", "higher_is_better", "backend", "ring", "params",
 *                   "config", "verdict": "slower|faster|same|inconclusive|lost|gained|unmeasured",
 *                   "cost": FIGURE or null, "ratio": FIGURE or null, "exits": EXITS or null,
 *                   "remarks": [text] } ],
 *      "unmatched": {"base": [ {"label", "config", "why"} ], "new": […]} } ] }
 * RUN: {"name", "started", "version", "kernel", "cpu", "virt", "clock", "rounds", "interrupted"}
 * FIGURE: {"verdict", "base", "new", "rounds": [n, m], "change", "ci95", "p", "p_holm", "test", "floor",
 *          "noise", "drift", "drift_in": "base|new|null", "more_rounds", "why", "relative_to", "label"}
 *    Cost: base and new are medians in the cell's unit. Ratio: cost over that of the reference `label`.
 *    change, ci95, floor, noise, drift are relative (0.02 is 2 %). more_rounds and why: of inconclusive ones.
 * EXITS: {"verdict": "more|fewer|changed|same|unknown", "constant": bool (the base's were as expected),
 *         "changes": [ {"reason", "base", "new", "what": "appeared|went|more|fewer"} ]}
 */
#ifndef HVBENCH_COMPARE_H
#define HVBENCH_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "verdict.h"

#define COMPARE_SCHEMA	"hvbench.compare/1"

struct compare_options {
	struct verdict_rules rules;
	bool floor_given;	/* else exact figures have none */
	bool force;		/* compare unlike hosts */
	const char *const *only, *const *across;	/* see match.h */
};

struct compare_side {
	const char *name;	/* of the file */
	const json_t *doc;
};

/* NULL: out of memory. Exit status: of the comparison that is worst. */
json_t *compare__documents(const struct compare_side *base, const struct compare_side *news, size_t nr,
			   const struct compare_options *options);

#endif
