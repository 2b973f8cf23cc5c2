/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the views for people have in common: lines of a header, made of parts between which they may
 * be wrapped, the numbers by which a row names its notes, and columns in which nothing stands.
 */
#ifndef HVBENCH_NOTES_H
#define HVBENCH_NOTES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

void line__add(json_t *line, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "1,3,4" of an array of numbers; a new string, "" for none. */
json_t *notes__text(const json_t *numbers);

/*
 * If no row (table.h) has anything in this column, takes its cells and colours out of all of them
 * and returns true. From the last column to the first, or their numbers change.
 */
bool rows__drop_empty(const json_t *rows, size_t column);

#endif
