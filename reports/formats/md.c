// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Markdown as GitHub reads it, for issues and reviews.
 *
 * A document's text stands in code spans: there is no other place where HTML, links, mentions of
 * people and references to issues are all left alone. Within one only backticks and, in a table, bars
 * matter. A backtick cannot be escaped, and what a backslash before a bar does depends on those before
 * it and on the version of the reader, so both are replaced by what looks like them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "reports/formats/format.h"
#include "reports/formats/report.h"
#include "reports/views/run_view.h"

static char *code_span(const char *text)
{
	char *clean = format__clean(text, true), *span, *to;

	if (!clean || !*clean)
		return clean;
	span = to = alloc__need(2 * strlen(clean) + 3);
	*to++ = '`';
	for (const char *at = clean; *at; at++) {
		if (*at == '|')
			to = stpcpy(to, "¦");
		else
			*to++ = *at == '`' ? '\'' : *at;
	}
	strcpy(to, "`");
	free(clean);
	return span;
}

static const struct view_style style = {
	.escape = code_span, .dash = "–", .differs = "≠", .micro = "µs", .times = "×", .plus_minus = "±",
};

static const char *text_of(const json_t *object, const char *field)
{
	return json_string_value(json_object_get(object, field)) ?: "";
}

/* "~" is struck-through text to GitHub. */
static void put_cell(FILE *out, const char *text)
{
	fprintf(out, " %s%s |", *text == '~' ? "\\" : "", text);
}

static void put_titles(FILE *out, const json_t *columns)
{
	const json_t *column;
	size_t i;

	fputc('|', out);
	json_array_foreach(columns, i, column)
		put_cell(out, text_of(column, "title"));
	fputs("\n|", out);
	json_array_foreach(columns, i, column)
		fputs(strcmp(text_of(column, "align"), "left") ? " ---: |" : " --- |", out);
	fputc('\n', out);
}

/* A row without figures has its reason where the first of them would be. */
static void put_row(FILE *out, const json_t *columns, const json_t *row)
{
	const json_t *cells = json_object_get(row, "cells"), *cell;
	bool told = json_is_null(json_object_get(row, "message"));
	size_t i;

	fputc('|', out);
	json_array_foreach(cells, i, cell) {
		if (!told && !strcmp(text_of(json_array_get(columns, i), "align"), "point")) {
			fprintf(out, " **%s**: %s |", text_of(row, "status"), text_of(row, "message"));
			told = true;
			continue;
		}
		put_cell(out, json_string_value(cell));
	}
	fputc('\n', out);
}

static void put_table(FILE *out, const json_t *table)
{
	const json_t *columns = json_object_get(table, "columns"), *item;
	size_t i;

	fprintf(out, "\n### %s\n\n", text_of(table, "title"));
	put_titles(out, columns);
	json_array_foreach(json_object_get(table, "rows"), i, item)
		put_row(out, columns, item);
	if (json_array_size(json_object_get(table, "notes")))
		fputc('\n', out);
	/* The numbers go on from table to table: GitHub begins a list at its first one. */
	json_array_foreach(json_object_get(table, "notes"), i, item)
		fprintf(out, "%" JSON_INTEGER_FORMAT ". %s\n",
			json_integer_value(json_object_get(item, "number")), text_of(item, "text"));
}

static int put_view(const json_t *view, FILE *out)
{
	const json_t *item, *part;
	size_t i, j;

	json_array_foreach(json_object_get(view, "header"), i, item) {
		json_array_foreach(item, j, part)
			fprintf(out, "%s%s", j ? ", " : "", json_string_value(part));
		fputs("  \n", out);
	}
	json_array_foreach(json_object_get(view, "tables"), i, item)
		put_table(out, item);
	json_array_foreach(json_object_get(view, "remarks"), i, item)
		fprintf(out, "\n%s%s\n", *text_of(item, "text") == '~' ? "\\" : "", text_of(item, "text"));
	return fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

int view__render_markdown(json_t *(*build)(const json_t *doc, const struct view_style *look),
			  const json_t *doc, FILE *out)
{
	json_t *view = build(doc, &style);
	int ret = view ? put_view(view, out) : -ENOMEM;

	json_decref(view);
	return ret;
}

static int render(const json_t *doc, FILE *out, const struct report_options *opts)
{
	(void)opts;
	return view__render_markdown(view__build, doc, out);
}

const struct renderer renderer_markdown = {
	.name = "md", .what = "Markdown with tables, for issues and reviews", .render = render,
};
