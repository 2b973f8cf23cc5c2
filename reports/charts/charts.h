/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Charts of result documents, as data and not yet as pictures (plot.h draws them).
 *
 * A chart: { "group": of the workloads, "verdicts" or NEIGHBOUR_VIEW_TITLE,
 *            "kind": "costs|exits|breakdown|latency|sweep|heatmap|tradeoff|changes|
 *                     neighbours",
 *            "title", "caption": plain text, "script": in reports/, "row_height": pixels,
 *            "vars": {NAME: number or text}, "files": {NAME: text} }
 * Titles and captions are for people and not escaped. In files all text is safe for gnuplot.
 */
#ifndef HVBENCH_CHARTS_H
#define HVBENCH_CHARTS_H

#include <jansson.h>
#include <stddef.h>

#include "reports/compare/compare.h"

/*
 * The charts of one or more results together; `comparison` (compare.h) may be NULL. NULL: out of
 * memory.
 */
json_t *charts__build(const struct compare_side *results, size_t nr, const json_t *comparison);

#endif
