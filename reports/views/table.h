/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table that all commands show: rows of cells below titles, written for a terminal
 * (table_text.h), as Markdown (table_markdown.h), HTML (table_html.h) or comma-separated values
 * (table_csv.h).
 *
 * A table is JSON of this shape, of which all strings are ready to print (style.h):
 * { "title",						null: none
 *   "columns": [ {"title", "align": "left|right|point", "drop": 0, "least": 0} ],
 *   "rows": [ {"status": "ok|failed|skipped", "finding": bool, "cells": ["", …],
 *              "colors": ["", "red|yellow|green", …], may be left out
 *              "message": "why there are no figures"} ],	else null
 *   "notes": [ {"number", "text"} ],			below it; may be left out
 *   "indent": 2, "gap": 2 }				on a terminal: before lines, between columns
 * Columns with "drop" above 0 may be left out for want of width, the highest first; "least" is
 * their width at least. A message stands where the first "point" column is, which is the first
 * figure.
 */
#ifndef HVBENCH_TABLE_H
#define HVBENCH_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "reports/formats/report.h"
#include "reports/views/style.h"
#include "reports/views/terminal.h"

/* A table being built. */
struct table {
	const struct renderer *format;
	const struct view_style *style;
	json_t *json, *row;
};

/* Without a title. `format` is one that has tables. Ended by table__free(). */
void table__init(struct table *t, const struct renderer *format);
/*
 * Whether it is for people; else figures are as exact as they are known, and what is not known is
 * empty.
 */
bool table__is_for_people(const struct table *t);
/* On a terminal: blanks before each line, and between columns; 2 and 2 where nothing is said. */
void table__space(struct table *t, unsigned int indent, unsigned int gap);
/* `align`: left, right or point; `least`: the least width on a terminal. */
void table__column(struct table *t, const char *title, const char *align, unsigned int least);
/* A column whose title may be text of any origin. */
void table__column_of(struct table *t, const char *title, const char *align);
/* Begins a new row. */
void table__row(struct table *t);
/* Adds a cell with text of any origin. */
void table__text(struct table *t, const char *text);
/* Adds a cell with text of our own. */
void table__figure(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Appends text of any origin to the last cell. */
void table__more(struct table *t, const char *text);
/* The row has no figures; the reason may be text of any origin. */
void table__message(struct table *t, const char *status, const char *why);
/* `look`: of a terminal, its `file` is not looked at; NULL: as wide as it is, without colours. */
void table__put(const struct table *t, FILE *out, const struct terminal *look);
void table__free(struct table *t);

#endif
