/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a cell of the document is made from. */
#ifndef HVBENCH_RESULT_ROUNDS_H
#define HVBENCH_RESULT_ROUNDS_H

#include "bench/backends/backend.h"
#include "bench/plan/plan.h"

/* One cell's rounds, in the order they were measured. */
struct cell_rounds {
	const struct cell *cell;
	struct measurement **rounds; /* owned by the caller */
	unsigned int nr_rounds;
};

#endif
