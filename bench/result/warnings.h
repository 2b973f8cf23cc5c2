/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reader of a cell's figures must know.
 */
#ifndef HVBENCH_RESULT_WARNINGS_H
#define HVBENCH_RESULT_WARNINGS_H

#include <jansson.h>

/* Adds a warning to a cell; one that is there already is counted once more. */
void result__warn(json_t *cell, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
