// SPDX-License-Identifier: GPL-2.0-or-later
/* Building tables: see table.h. */
#include "reports/views/table.h"

#include <stdarg.h>
#include <stdlib.h>

#include "bench/base/json.h"

void table__init(struct table *t, const struct renderer *format)
{
	*t = (struct table){
		.format = format,
		.style = format->style ?: style__terminal(),
		.json = json_pack("{s:n, s:[], s:[]}", "title", "columns", "rows"),
	};
}

bool table__is_for_people(const struct table *t)
{
	return t->style != &style_plain;
}

static json_t *ready(const struct table *t, const char *text)
{
	char *clean = t->style->escape(text);
	json_t *value = json__text(clean);

	free(clean);
	return value;
}

void table__column(struct table *t, const char *title, const char *align, unsigned int least)
{
	json_array_append_new(json_object_get(t->json, "columns"),
			      json_pack("{s:s, s:s, s:i, s:i}", "title", title, "align", align,
					"drop", 0, "least", (int)least));
}

void table__column_of(struct table *t, const char *title, const char *align)
{
	json_array_append_new(json_object_get(t->json, "columns"),
			      json_pack("{s:o, s:s, s:i}", "title", ready(t, title), "align", align,
					"drop", 0));
}

void table__space(struct table *t, unsigned int indent, unsigned int gap)
{
	json_object_set_new(t->json, "indent", json_integer(indent));
	json_object_set_new(t->json, "gap", json_integer(gap));
}

void table__row(struct table *t)
{
	t->row = json_pack("{s:s, s:b, s:[], s:n}", "status", "ok", "finding", 0, "cells",
			   "message");
	json_array_append_new(json_object_get(t->json, "rows"), t->row);
}

void table__text(struct table *t, const char *text)
{
	json_array_append_new(json_object_get(t->row, "cells"), ready(t, text));
}

void table__figure(struct table *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	json_array_append_new(json_object_get(t->row, "cells"), json_vsprintf(fmt, args));
	va_end(args);
}

void table__more(struct table *t, const char *text)
{
	json_t *cells = json_object_get(t->row, "cells"), *more = ready(t, text);
	size_t last = json_array_size(cells) - 1;

	json_array_set_new(cells, last,
			   json_sprintf("%s%s",
					json_string_value(json_array_get(cells, last)) ?: "",
					json_string_value(more) ?: ""));
	json_decref(more);
}

void table__message(struct table *t, const char *status, const char *why)
{
	json_object_set_new(t->row, "status", json_string(status));
	json_object_set_new(t->row, "message", ready(t, why));
}

void table__put(const struct table *t, FILE *out, const struct terminal *look)
{
	t->format->table(t->json, out, look);
}

void table__free(struct table *t)
{
	json_decref(t->json);
	*t = (struct table){ .json = NULL };
}
