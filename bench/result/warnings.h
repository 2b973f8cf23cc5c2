/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Warnings for readers of a cell's figures. */
#ifndef HVBENCH_RESULT_WARNINGS_H
#define HVBENCH_RESULT_WARNINGS_H

#include <jansson.h>

/* Adds a warning to a cell; if it is there already its count is increased. */
void result__warn(json_t *cell, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
