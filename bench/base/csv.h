/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields of comma-separated values, after RFC 4180. Spreadsheets evaluate text that begins like a
 * formula ("=cmd|…"), even in quotes: such text gets an apostrophe before it.
 */
#ifndef HVBENCH_CSV_H
#define HVBENCH_CSV_H

#include <stdio.h>

/*
 * Writes text of any origin as one field, cleaned (clean_text.h), in quotes where it needs them. A
 * number stays as it is, with its sign.
 */
void csv__text(FILE *out, const char *text);
/* The same, always in quotes: for columns that always had them. */
void csv__quoted(FILE *out, const char *text);

#endif
