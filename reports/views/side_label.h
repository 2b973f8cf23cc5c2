/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What several results are called beside each other: as little of their files' names as tells them apart.
 * "q1" and "q2" of /tmp/q1.json and /tmp/q2.json, "old/result" and "new/result" where only directories differ;
 * "1: q" and "2: q" where it is the same file, or they differ only in what there is no room for.
 */
#ifndef HVBENCH_SIDE_LABEL_H
#define HVBENCH_SIDE_LABEL_H

#include <jansson.h>
#include <stddef.h>

#include "reports/compare/compare.h"

/* Of sides[which], of at most `room` characters, fit for gnuplot and for a terminal. */
json_t *side__label(const struct compare_side *sides, size_t nr, size_t which, size_t room);

#endif
