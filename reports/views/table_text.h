/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table (table.h) on a terminal. */
#ifndef HVBENCH_TABLE_TEXT_H
#define HVBENCH_TABLE_TEXT_H

#include <jansson.h>

#include "reports/views/terminal.h"

/* Adds the titles of the columns that are shown to the object `shown`; NULL: not needed. */
void table_text__put(const json_t *table, const struct terminal *terminal, json_t *shown);

#endif
