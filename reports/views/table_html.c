// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/table_html.h"

#include <stdbool.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *field)
{
	return json_string_value(json_object_get(object, field)) ?: "";
}

/* The text is ready; our own "->" looks better as an arrow, and `words` as code. */
void table_html__put_ready(FILE *out, const char *text)
{
	for (; *text; text++) {
		const char *end = *text == '`' ? strchr(text + 1, '`') : NULL;

		if (end) {
			fprintf(out, "<code>%.*s</code>", (int)(end - text - 1), text + 1);
			text = end;
		} else if (!strncmp(text, "-> ", 3)) {
			fputs("→ ", out);
			text += 2;
		} else {
			fputc(*text, out);
		}
	}
}

/* On a phone each row of a table of at most so many becomes a list, with the columns' titles. */
#define MAX_FOLDED 400

/* Columns of this rank and above are shown on request. */
#define LEAST_EXTRA 5

static bool is_extra(const json_t *column)
{
	return json_integer_value(json_object_get(column, "drop")) >= LEAST_EXTRA;
}

static const char *extra(const json_t *column)
{
	return is_extra(column) ? " extra" : "";
}

static void put_row(FILE *out, const json_t *columns, const json_t *row, bool folds)
{
	const json_t *cells = json_object_get(row, "cells"),
		     *colors = json_object_get(row, "colors"), *cell;
	bool good = json_is_null(json_object_get(row, "message"));
	size_t nr = json_array_size(columns), i;

	fprintf(out, "<tr%s>",
		json_is_true(json_object_get(row, "finding")) ? " class=\"finding\"" : "");
	json_array_foreach(cells, i, cell) {
		const json_t *column = json_array_get(columns, i);
		const char *color = json_string_value(json_array_get(colors, i)) ?: "";
		bool left = !strcmp(text_of(column, "align"), "left");

		/* The reason why there are no figures takes the place of the first one. */
		if (!good && !strcmp(text_of(column, "align"), "point")) {
			fprintf(out,
				"<td class=\"%s\" colspan=\"%zu\">%s: ", text_of(row, "status"),
				nr - i, text_of(row, "status"));
			table_html__put_ready(out, text_of(row, "message"));
			fputs("</td>", out);
			break;
		}
		fprintf(out, i ? "<td class=\"%s%s%s%s\"" : "<th scope=\"row\" class=\"%s%s%s%s\"",
			left ? "l" : "r", json_string_length(cell) && *color ? " " : "",
			json_string_length(cell) ? color : "", extra(column));
		if (folds && i && json_string_length(cell))
			fprintf(out, " data-of=\"%s\"", text_of(column, "title"));
		fputc('>', out);
		table_html__put_ready(out, json_string_value(cell) ?: "");
		fputs(i ? "</td>" : "</th>", out);
	}
	fputs("</tr>\n", out);
}

static void put_notes(const json_t *table, FILE *out)
{
	const json_t *item;
	size_t i;

	if (!json_array_size(json_object_get(table, "notes")))
		return;
	fputs("<ol class=\"notes\">\n", out);
	json_array_foreach(json_object_get(table, "notes"), i, item) {
		fprintf(out, "<li value=\"%" JSON_INTEGER_FORMAT "\">",
			json_integer_value(json_object_get(item, "number")));
		table_html__put_ready(out, text_of(item, "text"));
		fputs("</li>\n", out);
	}
	fputs("</ol>\n", out);
}

static void put_titles(const json_t *columns, FILE *out)
{
	const json_t *column;
	size_t i;

	fputs("<thead><tr>", out);
	json_array_foreach(columns, i, column) {
		const char *title = text_of(column, "title"), *tag = *title ? "th" : "td";
		bool left = !strcmp(text_of(column, "align"), "left");

		fprintf(out, "<%s%s class=\"%s%s\">%s</%s>", tag, *title ? " scope=\"col\"" : "",
			left ? "l" : "r", extra(column), title, tag);
	}
	fputs("</tr></thead>\n", out);
}

void table_html__put(const json_t *table, FILE *out)
{
	const json_t *columns = json_object_get(table, "columns"), *item;
	bool folds = json_array_size(json_object_get(table, "rows")) <= MAX_FOLDED, more = false;
	size_t i;

	json_array_foreach(columns, i, item)
		more = more || is_extra(item);
	fputs("<div class=\"table\">\n", out);
	/* The style shows and hides by it; there is no script. */
	if (more)
		fputs("<label class=\"all\"><input type=\"checkbox\"> all columns</label>\n", out);
	fprintf(out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\">"
		"<table%s>\n",
		folds ? " class=\"folds\"" : "");
	put_titles(columns, out);
	fputs("<tbody>\n", out);
	json_array_foreach(json_object_get(table, "rows"), i, item)
		put_row(out, columns, item, folds);
	fputs("</tbody></table></div>\n", out);
	put_notes(table, out);
	fputs("</div>\n", out);
}
