// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Columns are aligned by their width on the terminal; if that is
 * too narrow, the least important columns are left out, and this is said.
 */
#include "reports/views/table_text.h"

#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "reports/formats/format.h"

#define GAP    2
#define INDENT 2

struct layout {
	const json_t *columns;
	size_t nr, indent, gap;
	struct {
		size_t width;
		size_t behind_point; /* widest part from the decimal point on */
		bool shown;
	} * of;
};

static const char *text_of(const json_t *object, const char *field)
{
	return json_string_value(json_object_get(object, field)) ?: "";
}

static size_t number_of(const json_t *object, const char *field, size_t usual)
{
	const json_t *number = json_object_get(object, field);

	return number ? (size_t)json_integer_value(number) : usual;
}

static const char *cell_of(const json_t *row, size_t column)
{
	return json_string_value(json_array_get(json_object_get(row, "cells"), column)) ?: "";
}

static const json_t *column_of(const struct layout *l, size_t i)
{
	return json_array_get(l->columns, i);
}

static bool is_aligned(const struct layout *l, size_t i, const char *how)
{
	return !strcmp(text_of(column_of(l, i), "align"), how);
}

static size_t from_point(const char *text)
{
	const char *point = strrchr(text, '.');

	return point ? strlen(point) : 0;
}

static size_t total_width(const struct layout *l)
{
	size_t total = l->indent;

	for (size_t i = 0; i < l->nr; i++)
		total += l->of[i].shown ? l->of[i].width + l->gap : 0;
	return total - l->gap;
}

static size_t max(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t padded_width(const struct layout *l, size_t i, const char *text)
{
	size_t width = format__width(text);

	return width && is_aligned(l, i, "point") ?
		       width + l->of[i].behind_point - from_point(text) :
		       width;
}

/* Leaves out the column with the highest "drop" until the rest fits. */
static void fit(struct layout *l, unsigned int width)
{
	while (width && total_width(l) > width) {
		json_int_t worst = 0;
		size_t which = 0;

		for (size_t i = 0; i < l->nr; i++) {
			json_int_t drop =
				json_integer_value(json_object_get(column_of(l, i), "drop"));

			if (l->of[i].shown && drop > worst) {
				worst = drop;
				which = i;
			}
		}
		if (!worst)
			return;
		l->of[which].shown = false;
	}
}

static void lay_out(struct layout *l, const json_t *table, unsigned int width)
{
	const json_t *rows = json_object_get(table, "rows"), *row;
	size_t r;

	memset(l, 0, sizeof(*l));
	l->columns = json_object_get(table, "columns");
	l->nr = json_array_size(l->columns);
	l->of = alloc__need_zeroed(l->nr + 1, sizeof(*l->of));
	l->indent = number_of(table, "indent", INDENT);
	l->gap = number_of(table, "gap", GAP);
	for (size_t i = 0; i < l->nr; i++) {
		l->of[i].shown = true;
		json_array_foreach(rows, r, row)
			if (is_aligned(l, i, "point"))
				l->of[i].behind_point =
					max(l->of[i].behind_point, from_point(cell_of(row, i)));
		l->of[i].width = max(format__width(text_of(column_of(l, i), "title")),
				     number_of(column_of(l, i), "least", 0));
		json_array_foreach(rows, r, row)
			l->of[i].width = max(l->of[i].width, padded_width(l, i, cell_of(row, i)));
	}
	fit(l, width);
}

/*
 * Writes a cell. Nothing is padded at the end of a line: `owed` blanks are written before what
 * follows.
 */
static void put_cell(const struct terminal *t, const struct layout *l, size_t i, const char *text,
		     const char *color, size_t *owed)
{
	size_t width = padded_width(l, i, text), lead = l->of[i].width - width;
	bool left = is_aligned(l, i, "left");

	if (*text) {
		terminal__pad(t, *owed + (left ? 0 : lead));
		terminal__paint(t, color, text);
		*owed = l->gap + (left ? lead : width - format__width(text));
	} else {
		*owed += l->of[i].width + l->gap;
	}
}

static void put_titles(const struct terminal *t, const struct layout *l, const char *color)
{
	size_t owed = l->indent;

	for (size_t i = 0; i < l->nr; i++) {
		const char *title = text_of(column_of(l, i), "title");
		size_t lead = l->of[i].width - format__width(title);
		bool left = is_aligned(l, i, "left");

		if (!l->of[i].shown)
			continue;
		if (!*title) {
			owed += l->of[i].width + l->gap;
			continue;
		}
		terminal__pad(t, owed + (left ? 0 : lead));
		terminal__paint(t, color, title);
		owed = l->gap + (left ? lead : 0);
	}
	fputc('\n', t->file);
}

/* Where the first column of figures begins; the reason goes there if there are none. */
static bool is_figure(const struct layout *l, size_t i)
{
	return is_aligned(l, i, "point");
}

static const char *color_of(const struct layout *l, const json_t *row, size_t i)
{
	const json_t *color = json_array_get(json_object_get(row, "colors"), i);
	const char *named = json_string_value(color) ?: "";

	if (*terminal__color(named))
		return terminal__color(named);
	/* The mark for what differs from the expected. */
	return json_is_true(json_object_get(row, "finding")) &&
			       !*text_of(column_of(l, i), "title") ?
		       terminal__color("yellow") :
		       "";
}

static void put_row(const struct terminal *t, const struct layout *l, const json_t *row)
{
	bool good = json_is_null(json_object_get(row, "message"));
	size_t owed = l->indent, at = l->indent, i;
	const char *color =
		terminal__color(strcmp(text_of(row, "status"), "failed") ? "yellow" : "red");
	json_t *message;

	for (i = 0; i < l->nr && (good || !is_figure(l, i)); i++) {
		if (!l->of[i].shown)
			continue;
		put_cell(t, l, i, cell_of(row, i), color_of(l, row, i), &owed);
		at += l->of[i].width + l->gap;
	}
	if (good) {
		fputc('\n', t->file);
		return;
	}
	terminal__pad(t, owed);
	message = json_sprintf("%s: %s", text_of(row, "status"), text_of(row, "message"));
	terminal__wrapped(t, json_string_value(message) ?: "", at, at, color);
	json_decref(message);
}

static void put_notes(const struct terminal *t, const json_t *table)
{
	const json_t *note;
	size_t i;

	json_array_foreach(json_object_get(table, "notes"), i, note) {
		int len = fprintf(t->file, "%*s%" JSON_INTEGER_FORMAT " ", INDENT, "",
				  json_integer_value(json_object_get(note, "number")));

		terminal__wrapped(t, text_of(note, "text"), len, len, "");
	}
}

static void put_left_out(const struct terminal *t, const struct layout *l)
{
	json_t *text = json_string(""), *longer;

	for (size_t i = 0; i < l->nr; i++) {
		if (l->of[i].shown)
			continue;
		longer = json_sprintf("%s%s%s", json_string_value(text) ?: "",
				      json_string_length(text) ? ", " :
								 "not shown for want of width: ",
				      text_of(column_of(l, i), "title"));
		json_decref(text);
		text = longer;
	}
	if (json_string_length(text)) {
		terminal__pad(t, l->indent);
		terminal__wrapped(t, json_string_value(text), l->indent, l->indent, "");
	}
	json_decref(text);
}

void table_text__put(const json_t *table, const struct terminal *t, json_t *shown)
{
	const json_t *rows = json_object_get(table, "rows"), *row,
		     *title = json_object_get(table, "title");
	struct layout layout;
	size_t i;

	if (json_is_string(title)) {
		fputc('\n', t->file);
		terminal__paint(t, TERMINAL_BOLD, json_string_value(title));
		fputc('\n', t->file);
	}
	lay_out(&layout, table, t->width);
	put_titles(t, &layout, json_is_string(title) ? TERMINAL_DIM : TERMINAL_BOLD);
	json_array_foreach(rows, i, row)
		put_row(t, &layout, row);
	put_notes(t, table);
	put_left_out(t, &layout);
	for (i = 0; shown && i < layout.nr; i++)
		if (layout.of[i].shown)
			json_object_set_new(shown, text_of(column_of(&layout, i), "title"),
					    json_true());
	free(layout.of);
}
