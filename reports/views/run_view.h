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
#ifndef HVBENCH_VIEW_H
#define HVBENCH_VIEW_H

#include <jansson.h>
#include <stdio.h>

#include "reports/formats/report.h"
#include "reports/views/style.h"

/* NULL: out of memory. */
typedef json_t *view_builder(const json_t *doc, const struct view_style *style);

/* Of a result document. */
json_t *view__build(const json_t *doc, const struct view_style *style);

/*
 * Renders what `build` makes of `doc`: view__build() or another maker of views. 0 or -errno of
 * writing. As text in the user's locale; as Markdown.
 */
int view__render_text(view_builder *build, const json_t *doc, FILE *out,
		      const struct report_options *opts);
int view__render_markdown(view_builder *build, const json_t *doc, FILE *out);

#endif
