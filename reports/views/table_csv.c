// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/table_csv.h"

#include "bench/base/csv.h"

void table_csv__put(const json_t *table, FILE *out)
{
	const json_t *columns = json_object_get(table, "columns"), *item, *cell;
	size_t i, k;

	json_array_foreach(columns, i, item) {
		fputs(i ? "," : "", out);
		csv__text(out, json_string_value(json_object_get(item, "title")) ?: "");
	}
	fputc('\n', out);
	json_array_foreach(json_object_get(table, "rows"), i, item) {
		json_array_foreach(json_object_get(item, "cells"), k, cell) {
			fputs(k ? "," : "", out);
			csv__text(out, json_string_value(cell) ?: "");
		}
		fputc('\n', out);
	}
}
