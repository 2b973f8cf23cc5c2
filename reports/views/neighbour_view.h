/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells that were measured beside another VM (config.neighbour), against those that were alone. */
#ifndef HVBENCH_NEIGHBOUR_VIEW_H
#define HVBENCH_NEIGHBOUR_VIEW_H

#include <jansson.h>

#include "bench/base/verdicts.h"

struct neighbour_effect {
	/* of the medians over rounds; NAN: it was alone, or there is nothing to compare with */
	double ratio;
	enum verdict verdict;
};

/*
 * Judges the cell's rounds against those of the cell of the same document with neighbour=none and
 * everything else the same: slower, faster, same, or inconclusive.
 */
struct neighbour_effect neighbour_view__effect(const json_t *doc, const json_t *cell);

#endif
