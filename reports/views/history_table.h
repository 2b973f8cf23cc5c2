/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of the tables that show cells over time (trend_view.h, fleet_view.h). Texts are made safe
 * to print by the style.
 */
#ifndef HVBENCH_HISTORY_TABLE_H
#define HVBENCH_HISTORY_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "reports/views/run_view.h"

json_t *history_table__escaped(const struct view_style *style, const char *text);
json_t *history_table__field(const struct view_style *style, const json_t *object,
			     const char *field);
/* "+1.5 %"; "" for NAN. */
json_t *history_table__percent(double share);
/* A cell's figure with its unit; a ratio has none. */
json_t *history_table__figure(const struct view_style *style, const json_t *cell,
			      const char *field);

json_t *history_table__column(const char *title, const char *align, int drop);
json_t *history_table__row(json_t *cells, json_t *colors);
json_t *history_table__table(json_t *title, json_t *columns, json_t *rows);
/* The colours of a row: `color` for cell `at`. */
json_t *history_table__color_at(size_t nr, size_t at, const char *color);

/*
 * Whether it needs a column: there are configurations other than the default, or several backends.
 */
bool history_table__varies(const json_t *cells, const char *field, const char *usual);
/* The first columns, and a row's texts in them: workload and, if wanted, config and backend. */
json_t *history_table__name_columns(bool configs, bool backends);
json_t *history_table__names(const struct view_style *style, const json_t *cell, bool configs,
			     bool backends);

#endif
