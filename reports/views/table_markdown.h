/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table (table.h) as GitHub's Markdown. */
#ifndef HVBENCH_TABLE_MARKDOWN_H
#define HVBENCH_TABLE_MARKDOWN_H

#include <jansson.h>
#include <stdio.h>

void table_markdown__put(const json_t *table, FILE *out);

#endif
