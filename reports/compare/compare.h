/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The comparison of result documents, as a document of its own, which all its renderers show:
 *
 * { "schema": "hvbench.compare/1", "tool": {"version", "commit"},
 *   "options": {"threshold", "alpha", "level", "only": […], "across": […], "forced"},
 *   "base": RUN, "status": 0…3 (the exit status),
 *   "comparisons": [ {
 *      "new": RUN, "status", "refused": null or why nothing was compared, "matched": cells,
 *      "hosts": {"unlike", "machine": [DIFFERENCE], "setup": [DIFFERENCE]},	(hosts.h)
 *      "counts": {VERDICT: nr, "missing": unmatched ones of base included,
 *                 "exits": cells whose exits changed},
 *      "common": null or {"change", "cells", "agree"},	the shift that most cells share
 *      "references": [FIGURE and {"cell": the only one it is of, or null, "cells", "moved"}],
 *                                                      (reference_level.h)
 *      "remarks": [text],
 *      "across": null or {"keys": "irqchip,pages", "more": cells that --across would match},
 *      "cells": [ { "workload", "label", "group", "unit", "higher_is_better", "backend", "ring",
 *                   "params", "config", "verdict": by name (base/verdicts.h),
 *                   "by": "cost|ratio|both|reference" or null, "why": text or null,
 *                   "more_rounds": a side that would decide, with fewer than five the least that
 *                                  might; null: it is decided, or no more would,
 *                   "base_status", "new_status": "ok|failed|skipped",
 *                   "status": what it adds to the exit status,
 *                   "cost": FIGURE or null, "ratio": FIGURE or null, "exits": EXITS or null,
 *                   "touched": null or {NAME of a footprint's count: {"base", "new"}},
 *                   "remarks": [text] } ],
 *      "unmatched": {"base": [ {"label", "config", "group", "backend", "was": its status there,
 *                               "status": what it adds to the exit status, "why"} ],
 *                    "new": […]} } ] }
 *
 * What each situation of a cell is, and what it comes to (compare_status.c; of all cells 1 goes
 * before 3, 3 before 2):
 *
 *	base		new		verdict		exit status		JUnit
 *	ok		ok		slower		1			failure
 *	ok		ok		faster, same	0			passed
 *	ok		ok		same-ratio	2, or --same-ratio	skipped, or passed
 *	ok		ok		inconclusive,	2			skipped
 *					moved
 *	ok		ok, more exits	any		1, if a constant	failure
 *	ok		ok, other unit	unmeasured	2			skipped
 *	ok		failed		lost		1			failure
 *	ok		skipped		missing		2, or --missing		skipped, or failure
 *	ok		absent		unmatched	2, or --missing		skipped, or failure
 *	not ok		ok		gained		0			passed
 *	not ok		failed		unmeasured	2			skipped
 *	not ok		skipped, absent	unmeasured	0			skipped
 *	absent		ok, skipped	unmatched	0			skipped
 *	absent		failed		unmatched	2			skipped
 *	no cell is slower, faster, same or inconclusive	3, if none is 1		an error
 *	profile		profile		unjudged	3			skipped, error
 *	refused: hosts, clocks, kinds of documents	3			an error
 *
 * RUN: {"name", "started", "version", "kernel", "cpu", "virt", "clock", "rounds", "most_rounds",
 *	  "interrupted"}
 * FIGURE: {"verdict", "base", "new", "rounds": [n, m], "change", "ci95", "p", "p_holm", "test",
 *	     "floor", "noise", "drift", "drift_in": "base|new|null", "more_rounds", "why",
 *	     "relative_to", "label"}
 *	Cost: base and new are medians in the cell's unit. Ratio: cost over that of the reference
 *	`label`. change, ci95, floor, noise, drift are relative (0.02 is 2 %). more_rounds and why:
 *	of inconclusive ones.
 * EXITS: {"verdict": "more|fewer|changed|same|unknown", "constant": bool (the base's were as
 *	    expected), "changes": [ {"reason", "base", "new", "what": "appeared|went|more|fewer"} ]}
 */
#ifndef HVBENCH_COMPARE_H
#define HVBENCH_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "reports/compare/compare_status.h"
#include "reports/compare/verdict.h"

#define COMPARE_SCHEMA "hvbench.compare/1"

struct compare_options {
	struct verdict_rules rules;
	bool floor_given; /* else there is none for exact figures */
	bool force;	  /* compare unlike hosts */
	enum compare_missing missing;
	bool ratio_will_do;			 /* same-ratio gives exit status 0, not 2 */
	const char *const *only, *const *across; /* see match.h */
	/* What is drawn at random, kept for further comparisons; NULL: for this one only. */
	struct resamples_cache *resamples;
};

struct compare_side {
	const char *name; /* of the file */
	const json_t *doc;
};

/* NULL: out of memory. The exit status is that of the worst comparison. */
json_t *compare__documents(const struct compare_side *base, const struct compare_side *news,
			   size_t nr, const struct compare_options *options);

#endif
