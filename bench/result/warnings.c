// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/result/warnings.h"

#include <stdarg.h>
#include <stdio.h>

#include "bench/base/json.h"

static void add_warning(json_t *cell, const char *text)
{
	json_t *warnings = json_object_get(cell, "warnings"), *known, *clean = json__text(text);
	size_t i;

	json_array_foreach(warnings, i, known) {
		json_t *count = json_object_get(known, "count");

		if (!json_equal(json_object_get(known, "text"), clean))
			continue;
		json_integer_set(count, json_integer_value(count) + 1);
		json_decref(clean);
		return;
	}
	json_array_append_new(warnings, json_pack("{s:o, s:i}", "text", clean, "count", 1));
}

void result__warn(json_t *cell, const char *fmt, ...)
{
	char text[1280];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add_warning(cell, text);
}
