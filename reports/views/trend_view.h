/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How trends, gates and lists of results (bench/history/trend.h, bench/history/store.h) are shown:
 * their JSON as views (views.h) and charts (charts.h).
 */
#ifndef HVBENCH_TREND_VIEW_H
#define HVBENCH_TREND_VIEW_H

#include <jansson.h>

#include "reports/views/run_view.h"

/* Takes {"trends": [TREND…], "results": [RESULT…], "file": text}. NULL: out of memory. */
json_t *trend_view__build(const json_t *doc, const struct view_style *style);
/* Takes {"gate": GATE, "result": RESULT, "file": text}. */
json_t *gate_view__build(const json_t *doc, const struct view_style *style);
/* Takes {"results": [RESULT…], "file": text}. */
json_t *list_view__build(const json_t *doc, const struct view_style *style);

/*
 * A chart for each trend of at least 5 points, at most 24, those with changes first; group
 * "trends".
 */
json_t *trend_view__charts(const json_t *trends);

#endif
