/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the reports for people show, before it is laid out: the text and the Markdown renderer print
 * the same header, tables and notes.
 *
 * A view is JSON of this shape; all strings are ready to print:
 * { "header": [ ["part", …] ],			lines, each of parts that may be wrapped between
 *   "tables": [ { "title", "columns": [ {"title", "align": "left|right|point", "drop": 0} ],
 *                 "rows": [ {"status": "ok|failed|skipped", "finding": bool, "cells": ["", …],
 *                            "colors": ["", "red|yellow|green", …], may be left out
 *                            "message": "why there are no figures"} ],
 *                 "notes": [ {"number", "text"} ] } ],
 *   "remarks": [ {"text", "column"} ] }		for the whole report; "column": of no interest without it
 * Columns with "drop" above 0 may be left out for want of width, the highest first.
 */
#ifndef HVBENCH_VIEW_H
#define HVBENCH_VIEW_H

#include <jansson.h>
#include <stdio.h>

#include "reports/formats/report.h"

struct view_style {
	/* Makes text of the document fit to print; the caller frees it, NULL: out of memory. */
	char *(*escape)(const char *text);
	const char *dash;	/* between the ends of an interval */
	const char *differs;	/* behind what is not as expected */
	const char *micro;
	const char *times;	/* sockets x cores */
	const char *plus_minus;
};

/* NULL: out of memory. */
json_t *view__build(const json_t *doc, const struct view_style *style);

/*
 * Renders what `build` makes of `doc`: view__build() or another maker of views. 0 or -errno of writing.
 * As text in the user's locale; as Markdown.
 */
int view__render_text(json_t *(*build)(const json_t *doc, const struct view_style *style), const json_t *doc,
		      FILE *out, const struct report_options *opts);
int view__render_markdown(json_t *(*build)(const json_t *doc, const struct view_style *style),
			  const json_t *doc, FILE *out);

#endif
