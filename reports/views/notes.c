// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/notes.h"

#include <stdarg.h>

void line__add(json_t *line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	json_array_append_new(line, json_vsprintf(fmt, args));
	va_end(args);
}

json_t *notes__text(const json_t *numbers)
{
	json_t *text = json_string(""), *longer;
	const json_t *number;
	size_t i;

	json_array_foreach(numbers, i, number) {
		longer = json_sprintf("%s%s%" JSON_INTEGER_FORMAT, json_string_value(text) ?: "",
				      i ? "," : "", json_integer_value(number));
		json_decref(text);
		text = longer;
	}
	return text;
}

bool rows__drop_empty(const json_t *rows, size_t column)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (json_string_length(json_array_get(json_object_get(row, "cells"), column)))
			return false;
	json_array_foreach(rows, i, row) {
		json_array_remove(json_object_get(row, "cells"), column);
		json_array_remove(json_object_get(row, "colors"), column);
	}
	return true;
}
