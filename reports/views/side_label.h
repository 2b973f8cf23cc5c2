/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Labels of several results beside each other: as little of their file names as tells them apart.
 * "q1" and "q2" for /tmp/q1.json and /tmp/q2.json, "old/result" and "new/result" if only
 * directories differ; "1: q" and "2: q" if it is the same file, or if the difference does not fit.
 */
#ifndef HVBENCH_SIDE_LABEL_H
#define HVBENCH_SIDE_LABEL_H

#include <jansson.h>
#include <stddef.h>

#include "reports/compare/compare.h"

/* The label of sides[which], at most `room` characters, safe for gnuplot and for a terminal. */
json_t *side__label(const struct compare_side *sides, size_t nr, size_t which, size_t room);

#endif
