/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table (table.h) in HTML. */
#ifndef HVBENCH_TABLE_HTML_H
#define HVBENCH_TABLE_HTML_H

#include <jansson.h>
#include <stdio.h>

void table_html__put(const json_t *table, FILE *out);
/* Writes text that is ready, with our own "->" as arrows. */
void table_html__put_ready(FILE *out, const char *text);

#endif
