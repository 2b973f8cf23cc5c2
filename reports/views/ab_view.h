/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings measured against each other ("ab" of a result document), as a table of a report
 * (views.h) and as CSV. The lines that run --ab itself prints are in ab_lines.h.
 */
#ifndef HVBENCH_AB_VIEW_H
#define HVBENCH_AB_VIEW_H

#include <jansson.h>
#include <stdio.h>

#include "reports/views/run_view.h"

#define AB_VIEW_TITLE "settings against each other"

/* A table with a row for each workload. NULL: the document holds none. */
json_t *ab_view__table(const json_t *doc, const struct view_style *style);

#endif
