// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/table_markdown.h"

#include <stdbool.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *field)
{
	return json_string_value(json_object_get(object, field)) ?: "";
}

/*
 * GitHub strikes text between "~" through; a bar would end the cell, but texts from documents hold
 * none.
 */
static void put_cell(FILE *out, const char *text)
{
	fputs(*text == '~' ? " \\" : " ", out);
	for (; *text; text++)
		fprintf(out, "%s%c", *text == '|' ? "\\" : "", *text);
	fputs(" |", out);
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

/* In a row without figures the reason takes the place of the first one. */
static void put_row(FILE *out, const json_t *columns, const json_t *row)
{
	const json_t *cells = json_object_get(row, "cells"), *cell;
	bool told = json_is_null(json_object_get(row, "message"));
	size_t i;

	fputc('|', out);
	json_array_foreach(cells, i, cell) {
		if (!told && !strcmp(text_of(json_array_get(columns, i), "align"), "point")) {
			fprintf(out, " **%s**: %s |", text_of(row, "status"),
				text_of(row, "message"));
			told = true;
			continue;
		}
		put_cell(out, json_string_value(cell));
	}
	fputc('\n', out);
}

void table_markdown__put(const json_t *table, FILE *out)
{
	const json_t *columns = json_object_get(table, "columns"), *item;
	size_t i;

	if (json_is_string(json_object_get(table, "title")))
		fprintf(out, "\n### %s\n\n", text_of(table, "title"));
	put_titles(out, columns);
	json_array_foreach(json_object_get(table, "rows"), i, item)
		put_row(out, columns, item);
	if (json_array_size(json_object_get(table, "notes")))
		fputc('\n', out);
	/* Numbers continue from table to table: GitHub begins a list at its first number. */
	json_array_foreach(json_object_get(table, "notes"), i, item)
		fprintf(out, "%" JSON_INTEGER_FORMAT ". %s\n",
			json_integer_value(json_object_get(item, "number")), text_of(item, "text"));
}
