/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of charts, a file each. Each adds to `charts` what it can draw, which may be nothing. */
#ifndef HVBENCH_CHART_KINDS_H
#define HVBENCH_CHART_KINDS_H

#include "reports/charts/chart_section.h"

void chart_costs__add(const struct section *s, json_t *charts);
void chart_sweep__add(const struct section *s, json_t *charts);
void chart_heatmap__add(const struct section *s, json_t *charts);
void chart_tradeoff__add(const struct section *s, json_t *charts);
void chart_breakdown__add(const struct section *s, json_t *charts);
void chart_exits__add(const struct section *s, json_t *charts);
void chart_latency__add(const struct section *s, json_t *charts);

/* Of one of the comparisons (compare.h) of `comparison`. */
void chart_changes__add(const json_t *comparison, const json_t *one, json_t *charts);

#endif
