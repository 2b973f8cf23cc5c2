/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a comparison (compare.h) is shown to people: as a view (run_view.h).
 */
#ifndef HVBENCH_COMPARE_VIEW_H
#define HVBENCH_COMPARE_VIEW_H

#include <jansson.h>

#include "reports/views/run_view.h"

/* NULL: out of memory. */
json_t *compare_view__build(const json_t *doc, const struct view_style *style);

#endif
