/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each exit touches (cells[].footprint of a result document) as a table of a report
 * (run_view.h).
 */
#ifndef HVBENCH_FOOTPRINT_VIEW_H
#define HVBENCH_FOOTPRINT_VIEW_H

#include <jansson.h>
#include <stdbool.h>

#include "reports/views/run_view.h"

#define FOOTPRINT_VIEW_TITLE	   "footprint of one exit"
#define FOOTPRINT_VIEW_MODEL_TITLE "modelled misses of one exit"

/* Whether the document has footprints, or says why it has none. */
bool footprint_view__is_there(const json_t *doc);
/* A table with a row for each cell. NULL: there is none. */
json_t *footprint_view__table(const json_t *doc, const struct view_style *style);
/*
 * What the columns mean, as a string. The second describes in plain words the exit that touches
 * most code; NULL: there is none.
 */
json_t *footprint_view__legend(void);
json_t *footprint_view__largest(const json_t *doc, const struct view_style *style);
/* What missed in the model of caches, and what that is. NULL: there is none. */
json_t *footprint_view__model(const json_t *doc, const struct view_style *style);
json_t *footprint_view__model_legend(const json_t *doc, const struct view_style *style);
bool footprint_view__has_model(const json_t *doc);

#endif
