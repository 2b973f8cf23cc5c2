/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands out of results and of their comparison, in a few sentences: for the top of a page. */
#ifndef HVBENCH_HIGHLIGHTS_H
#define HVBENCH_HIGHLIGHTS_H

#include <jansson.h>

#include "reports/views/style.h"

/*
 * An array of {"text", "group"}, the largest effect first; `group` is that of the cells it is
 * about, "" for verdicts. Texts are ready to print. Never NULL; may be empty.
 */
json_t *highlights__of_result(const json_t *doc, const struct view_style *style);
/* Of one of the comparisons of compare.h. */
json_t *highlights__of_comparison(const json_t *comparison, const struct view_style *style);

#endif
