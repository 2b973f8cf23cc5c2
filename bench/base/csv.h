/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields of comma-separated values, as RFC 4180 says. Spreadsheets run text that begins like a
 * formula ("=cmd|…"), and do so with quotes around it too: such text gets an apostrophe before it.
 */
#ifndef HVBENCH_CSV_H
#define HVBENCH_CSV_H

#include <stdio.h>

/*
 * Text of whatever origin as one field, in quotes where it needs them, cleaned (clean_text.h).
 * A number stays as it is, with its sign.
 */
void csv__text(FILE *out, const char *text);
/* The same in quotes whatever it is: in columns that always had them. */
void csv__quoted(FILE *out, const char *text);

#endif
