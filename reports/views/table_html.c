// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/table_html.h"

#include <stdbool.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *field)
{
	return json_string_value(json_object_get(object, field)) ?: "";
}

/* The text is ready; our own "->" looks better as an arrow. */
void table_html__put_ready(FILE *out, const char *text)
{
	const char *arrow;

	while ((arrow = strstr(text, "-> "))) {
		fwrite(text, 1, (size_t)(arrow - text), out);
		fputs("→ ", out);
		text = arrow + 3;
	}
	fputs(text, out);
}

static void put_row(FILE *out, const json_t *columns, const json_t *row)
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
		fprintf(out, i ? "<td class=\"%s %s\">" : "<th scope=\"row\" class=\"%s %s\">",
			left ? "l" : "r", json_string_length(cell) ? color : "");
		table_html__put_ready(out, json_string_value(cell) ?: "");
		fputs(i ? "</td>" : "</th>", out);
	}
	fputs("</tr>\n", out);
}

void table_html__put(const json_t *table, FILE *out)
{
	const json_t *columns = json_object_get(table, "columns"), *item;
	size_t i;

	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
	      "aria-label=\"table\"><table>\n<thead><tr>",
	      out);
	json_array_foreach(columns, i, item)
		fprintf(out, "<th scope=\"col\" class=\"%s\">%s</th>",
			strcmp(text_of(item, "align"), "left") ? "r" : "l", text_of(item, "title"));
	fputs("</tr></thead>\n<tbody>\n", out);
	json_array_foreach(json_object_get(table, "rows"), i, item)
		put_row(out, columns, item);
	fputs("</tbody></table></div>\n", out);
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
