/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table (table.h) as comma-separated values. */
#ifndef HVBENCH_TABLE_CSV_H
#define HVBENCH_TABLE_CSV_H

#include <jansson.h>
#include <stdio.h>

/* Writes the titles first. For tables of the style style_plain. */
void table_csv__put(const json_t *table, FILE *out);

#endif
