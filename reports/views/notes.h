/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the views for people have in common: lines of a header, made of parts between which they may
 * be wrapped, and the numbers by which a row names its notes.
 */
#ifndef HVBENCH_NOTES_H
#define HVBENCH_NOTES_H

#include <jansson.h>

void line__add(json_t *line, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "1,3,4" of an array of numbers; a new string, "" for none. */
json_t *notes__text(const json_t *numbers);

#endif
