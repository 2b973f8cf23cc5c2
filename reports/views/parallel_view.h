/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells in which several vCPUs of one VM were at work, beside those with one. */
#ifndef HVBENCH_PARALLEL_VIEW_H
#define HVBENCH_PARALLEL_VIEW_H

#include <jansson.h>

/*
 * The cell's median over that of the cell of the same document with one vCPU at work and everything
 * else the same; NAN: this is that cell, or there is none.
 */
double parallel_view__growth(const json_t *doc, const json_t *cell);

#endif
