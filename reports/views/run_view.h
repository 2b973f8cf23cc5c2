/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the reports for people show, before it is laid out: the text and the Markdown renderer print
 * the same header, tables and notes.
 *
 * A view is JSON of this shape; all strings are ready to print:
 * { "header": [ ["part", …] ],			lines, each of parts that may be wrapped between
 *   "tables": [ TABLE, … ],			table.h
 *   "remarks": [ {"text", "column"} ] }		of the whole report; "column": it is about
 */
#ifndef HVBENCH_RUN_VIEW_H
#define HVBENCH_RUN_VIEW_H

#include <jansson.h>
#include <stdio.h>

#include "reports/formats/report.h"
#include "reports/views/style.h"

/* NULL: out of memory. */
typedef json_t *view_builder(const json_t *doc, const struct view_style *style);

/* Of a result document. */
json_t *view__build(const json_t *doc, const struct view_style *style);

#endif
