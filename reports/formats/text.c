// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text for a terminal of people who know what an exit is. Columns are aligned by what they take on
 * the terminal; where that is too narrow the columns that say least are left out, and that is said.
 * Beyond ASCII only where the user's LC_CTYPE is UTF-8.
 */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/charset.h"
#include "reports/formats/format.h"
#include "reports/formats/report.h"
#include "reports/views/run_view.h"

#define MAX_COLUMNS	16
#define GAP		2
#define INDENT		2

#define BOLD		"\033[1m"
#define DIM		"\033[2m"
#define RED		"\033[31m"
#define GREEN		"\033[32m"
#define YELLOW		"\033[33m"
#define PLAIN		"\033[0m"

struct out {
	FILE *file;
	unsigned int width;	/* 0: any */
	bool color;
	json_t *shown;		/* set of the titles of columns that some table has */
};

struct layout {
	const json_t *columns;
	size_t nr;
	size_t width[MAX_COLUMNS];
	size_t behind_point[MAX_COLUMNS];	/* widest part from the decimal point on */
	bool shown[MAX_COLUMNS];
};

static char *escape_utf8(const char *text)
{
	return format__clean(text, true);
}

static char *escape_ascii(const char *text)
{
	return format__clean(text, false);
}

static const struct view_style utf8_style = {
	.escape = escape_utf8, .dash = "–", .differs = "≠", .micro = "µs", .times = "×", .plus_minus = "±",
};
static const struct view_style ascii_style = {
	.escape = escape_ascii, .dash = "..", .differs = "!=", .micro = "us", .times = "x", .plus_minus = "+-",
};

static void paint(const struct out *o, const char *color, const char *text)
{
	if (o->color && *color)
		fprintf(o->file, "%s%s%s", color, text, PLAIN);
	else
		fputs(text, o->file);
}

static void pad(const struct out *o, size_t columns)
{
	fprintf(o->file, "%*s", (int)columns, "");
}

/* Words from column `at` on, wrapped; later lines begin at column `indent`. Returns where it ended. */
static size_t put_words(const struct out *o, const char *text, size_t at, size_t indent, const char *color)
{
	char word[512];
	bool first = true;
	size_t len, width;

	while (*(text += strspn(text, " "))) {
		/* A word beyond the buffer is cut in pieces, between characters. */
		len = strcspn(text, " ");
		if (len >= sizeof(word))
			for (len = sizeof(word) - 1; ((unsigned char)text[len] & 0xc0) == 0x80; len--)
				;
		memcpy(word, text, len);
		word[len] = '\0';
		text += len;
		width = format__width(word);
		if (!first && o->width && at + 1 + width > o->width && at > indent) {
			fputc('\n', o->file);
			pad(o, indent);
			at = indent;
			first = true;
		}
		if (!first)
			fputc(' ', o->file);
		paint(o, color, word);
		at += width + !first;
		first = false;
	}
	return at;
}

static void put_wrapped(const struct out *o, const char *text, size_t at, size_t indent, const char *color)
{
	put_words(o, text, at, indent, color);
	fputc('\n', o->file);
}

/* Lines are broken between parts; only a part that is wider than a line is broken itself. */
static void put_header_line(const struct out *o, const json_t *parts)
{
	size_t i, at = 0, width;
	const json_t *part;

	json_array_foreach(parts, i, part) {
		width = format__width(json_string_value(part));
		if (i && o->width && at + 2 + width > o->width) {
			fputs(",\n", o->file);
			pad(o, INDENT);
			at = INDENT;
		} else if (i) {
			fputs(", ", o->file);
			at += 2;
		}
		if (o->width && at + width > o->width) {
			at = put_words(o, json_string_value(part), at, INDENT, i ? "" : BOLD);
		} else {
			paint(o, i ? "" : BOLD, json_string_value(part));
			at += width;
		}
	}
	fputc('\n', o->file);
}

static const char *text_of(const json_t *object, const char *field)
{
	return json_string_value(json_object_get(object, field)) ?: "";
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
	size_t total = INDENT;

	for (size_t i = 0; i < l->nr; i++)
		total += l->shown[i] ? l->width[i] + GAP : 0;
	return total - GAP;
}

static size_t max(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t padded_width(const struct layout *l, size_t i, const char *text)
{
	size_t width = format__width(text);

	return width && is_aligned(l, i, "point") ? width + l->behind_point[i] - from_point(text) : width;
}

/* Leaves out the column with the highest "drop" until the rest fits. */
static void fit(struct layout *l, unsigned int width)
{
	while (width && total_width(l) > width) {
		json_int_t worst = 0;
		size_t which = 0;

		for (size_t i = 0; i < l->nr; i++) {
			json_int_t drop = json_integer_value(json_object_get(column_of(l, i), "drop"));

			if (l->shown[i] && drop > worst) {
				worst = drop;
				which = i;
			}
		}
		if (!worst)
			return;
		l->shown[which] = false;
	}
}

static void lay_out(struct layout *l, const json_t *table, unsigned int width)
{
	const json_t *rows = json_object_get(table, "rows"), *row;
	size_t r;

	memset(l, 0, sizeof(*l));
	l->columns = json_object_get(table, "columns");
	l->nr = json_array_size(l->columns);
	for (size_t i = 0; i < l->nr; i++) {
		l->shown[i] = true;
		json_array_foreach(rows, r, row)
			if (is_aligned(l, i, "point"))
				l->behind_point[i] = max(l->behind_point[i], from_point(cell_of(row, i)));
		l->width[i] = format__width(text_of(column_of(l, i), "title"));
		json_array_foreach(rows, r, row)
			l->width[i] = max(l->width[i], padded_width(l, i, cell_of(row, i)));
	}
	fit(l, width);
}

/* A cell in its column. Nothing is padded at the end of a line: `owed` is for what follows. */
static void put_cell(const struct out *o, const struct layout *l, size_t i, const char *text,
		     const char *color, size_t *owed)
{
	size_t width = padded_width(l, i, text), lead = l->width[i] - width;
	bool left = is_aligned(l, i, "left");

	if (*text) {
		pad(o, *owed + (left ? 0 : lead));
		paint(o, color, text);
		*owed = GAP + (left ? lead : width - format__width(text));
	} else {
		*owed += l->width[i] + GAP;
	}
}

static void put_titles(const struct out *o, const struct layout *l)
{
	size_t owed = INDENT;

	for (size_t i = 0; i < l->nr; i++) {
		const char *title = text_of(column_of(l, i), "title");
		size_t lead = l->width[i] - format__width(title);
		bool left = is_aligned(l, i, "left");

		if (!l->shown[i])
			continue;
		if (!*title) {
			owed += l->width[i] + GAP;
			continue;
		}
		pad(o, owed + (left ? 0 : lead));
		paint(o, DIM, title);
		owed = GAP + (left ? lead : 0);
	}
	fputc('\n', o->file);
}

/* Where the first column of figures begins: there the reason stands if there are none. */
static bool is_figure(const struct layout *l, size_t i)
{
	return is_aligned(l, i, "point");
}

static const char *color_of(const struct layout *l, const json_t *row, size_t i)
{
	const char *named = json_string_value(json_array_get(json_object_get(row, "colors"), i)) ?: "";

	if (!strcmp(named, "red"))
		return RED;
	if (!strcmp(named, "green"))
		return GREEN;
	if (!strcmp(named, "yellow"))
		return YELLOW;
	/* The mark behind what is not as expected. */
	return json_is_true(json_object_get(row, "finding")) && !*text_of(column_of(l, i), "title") ? YELLOW : "";
}

static void put_row(const struct out *o, const struct layout *l, const json_t *row)
{
	bool good = json_is_null(json_object_get(row, "message"));
	size_t owed = INDENT, at = INDENT, i;
	const char *color = !strcmp(text_of(row, "status"), "failed") ? RED : YELLOW;
	json_t *message;

	for (i = 0; i < l->nr && (good || !is_figure(l, i)); i++) {
		if (!l->shown[i])
			continue;
		put_cell(o, l, i, cell_of(row, i), color_of(l, row, i), &owed);
		at += l->width[i] + GAP;
	}
	if (good) {
		fputc('\n', o->file);
		return;
	}
	pad(o, owed);
	message = json_sprintf("%s: %s", text_of(row, "status"), text_of(row, "message"));
	put_wrapped(o, json_string_value(message) ?: "", at, at, color);
	json_decref(message);
}

static void put_notes(const struct out *o, const json_t *table)
{
	const json_t *note;
	size_t i;

	json_array_foreach(json_object_get(table, "notes"), i, note) {
		int len = fprintf(o->file, "%*s%" JSON_INTEGER_FORMAT " ", INDENT, "",
				  json_integer_value(json_object_get(note, "number")));

		put_wrapped(o, text_of(note, "text"), len, len, "");
	}
}

static void put_left_out(const struct out *o, const struct layout *l)
{
	json_t *text = json_string(""), *longer;

	for (size_t i = 0; i < l->nr; i++) {
		if (l->shown[i])
			continue;
		longer = json_sprintf("%s%s%s", json_string_value(text) ?: "",
				      json_string_length(text) ? ", " : "not shown for want of width: ",
				      text_of(column_of(l, i), "title"));
		json_decref(text);
		text = longer;
	}
	if (json_string_length(text)) {
		pad(o, INDENT);
		put_wrapped(o, json_string_value(text), INDENT, INDENT, "");
	}
	json_decref(text);
}

static void put_table(const struct out *o, const json_t *table)
{
	const json_t *rows = json_object_get(table, "rows"), *row;
	struct layout layout;
	size_t i;

	fputc('\n', o->file);
	paint(o, BOLD, text_of(table, "title"));
	fputc('\n', o->file);
	lay_out(&layout, table, o->width);
	put_titles(o, &layout);
	json_array_foreach(rows, i, row)
		put_row(o, &layout, row);
	put_notes(o, table);
	put_left_out(o, &layout);
	for (i = 0; i < layout.nr; i++)
		if (layout.shown[i])
			json_object_set_new(o->shown, text_of(column_of(&layout, i), "title"), json_true());
}

static void put_remarks(const struct out *o, const json_t *remarks)
{
	const json_t *remark;
	bool any = false;
	size_t i;

	json_array_foreach(remarks, i, remark) {
		const char *column = text_of(remark, "column");

		if (*column && !json_object_get(o->shown, column))
			continue;
		if (!any)
			fputc('\n', o->file);
		any = true;
		put_wrapped(o, text_of(remark, "text"), 0, 0, "");
	}
}

static int put_view(const json_t *view, FILE *file, const struct report_options *opts)
{
	struct out o = {
		.file = file, .width = opts->width, .color = opts->color, .shown = json_object(),
	};
	const json_t *part;
	size_t i;

	json_array_foreach(json_object_get(view, "header"), i, part)
		put_header_line(&o, part);
	json_array_foreach(json_object_get(view, "tables"), i, part)
		put_table(&o, part);
	put_remarks(&o, json_object_get(view, "remarks"));
	json_decref(o.shown);
	return fflush(file) || ferror(file) ? -(errno ?: EIO) : 0;
}

/* The terminal's characters are those of the user's locale, whether or not the program has set it. */
int view__render_text(json_t *(*build)(const json_t *doc, const struct view_style *style), const json_t *doc,
		      FILE *file, const struct report_options *opts)
{
	locale_t users = newlocale(LC_CTYPE_MASK, "", (locale_t)0), before = (locale_t)0;
	int ret = -ENOMEM;
	json_t *view;

	if (!users && errno == ENOMEM)
		alloc__fail();
	if (users)
		before = uselocale(users);
	view = build(doc, charset__is_utf8() ? &utf8_style : &ascii_style);
	if (view)
		ret = put_view(view, file, opts);
	json_decref(view);
	if (users) {
		uselocale(before);
		freelocale(users);
	}
	return ret;
}

static int render(const json_t *doc, FILE *file, const struct report_options *opts)
{
	return view__render_text(view__build, doc, file, opts);
}

const struct renderer renderer_text = {
	.name = "text", .what = "aligned tables for a terminal", .render = render,
};
