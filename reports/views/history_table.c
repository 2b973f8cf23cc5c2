// SPDX-License-Identifier: GPL-2.0-or-later
/* Parts of tables of cells over time: see history_table.h. */
#include "reports/views/history_table.h"

#include <math.h>
#include <string.h>

#include "bench/result/doc.h"
#include "reports/formats/format.h"

#define MAX_TEXT 60

json_t *history_table__escaped(const struct view_style *style, const char *text)
{
	return style__escaped_short(style, text, MAX_TEXT);
}

json_t *history_table__field(const struct view_style *style, const json_t *object,
			     const char *field)
{
	return history_table__escaped(style, doc__text(object, field));
}

json_t *history_table__percent(double share)
{
	return isfinite(share) ?
		       json_sprintf("%+.1f %%", fabs(100 * share) < 0.05 ? 0 : 100 * share) :
		       json_string("");
}

json_t *history_table__figure(const struct view_style *style, const json_t *cell, const char *field)
{
	double value = doc__number(cell, field);
	struct format_scale scale;
	json_t *number, *both;

	if (!isfinite(value))
		return json_string("");
	if (!strcmp(doc__text(cell, "figure"), "ratio"))
		return json_sprintf("%.4g %s ref", value, style->times);
	scale = format__scale(doc__text(cell, "unit"), fabs(value), style->micro);
	number = format__quantity(value / scale.divisor);
	both = json_sprintf("%s %s", json_string_value(number), scale.shown);
	json_decref(number);
	return both;
}

json_t *history_table__column(const char *title, const char *align, int drop)
{
	return json_pack("{s:s, s:s, s:i}", "title", title, "align", align, "drop", drop);
}

json_t *history_table__row(json_t *cells, json_t *colors)
{
	return json_pack("{s:s, s:b, s:o, s:o, s:n}", "status", "ok", "finding", 0, "cells", cells,
			 "colors", colors, "message");
}

json_t *history_table__table(json_t *title, json_t *columns, json_t *rows)
{
	return json_pack("{s:o, s:o, s:o, s:[]}", "title", title, "columns", columns, "rows", rows,
			 "notes");
}

bool history_table__varies(const json_t *cells, const char *field, const char *usual)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(cells, i, cell)
		if (strcmp(doc__text(cell, field), usual))
			return true;
	return false;
}

json_t *history_table__names(const struct view_style *style, const json_t *cell, bool configs,
			     bool backends)
{
	json_t *cells = json_array();

	json_array_append_new(cells, history_table__field(style, cell, "label"));
	if (configs)
		json_array_append_new(cells, history_table__field(style, cell, "config"));
	if (backends)
		json_array_append_new(cells, history_table__field(style, cell, "backend"));
	return cells;
}

json_t *history_table__name_columns(bool configs, bool backends)
{
	json_t *columns = json_array();

	json_array_append_new(columns, history_table__column("workload", "left", 0));
	if (configs)
		json_array_append_new(columns, history_table__column("config", "left", 0));
	if (backends)
		json_array_append_new(columns, history_table__column("backend", "left", 0));
	return columns;
}

json_t *history_table__color_at(size_t nr, size_t at, const char *color)
{
	json_t *colors = json_array();

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(colors, json_string(i == at ? color : ""));
	return colors;
}
