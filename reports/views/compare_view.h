/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a comparison (compare.h) is shown: as a view (view.h) for the terminal, Markdown and HTML, as
 * JSON, and as JUnit's XML for continuous integration.
 */
#ifndef HVBENCH_COMPARE_VIEW_H
#define HVBENCH_COMPARE_VIEW_H

#include <jansson.h>

#include "reports/views/run_view.h"

/* NULL: out of memory. */
json_t *compare_view__build(const json_t *doc, const struct view_style *style);

extern const struct renderer compare_text, compare_json, compare_markdown, compare_junit;
/* NULL-terminated. */
extern const struct renderer *const compare_renderers[];
const struct renderer *compare_renderer__find(const char *name);

#endif
