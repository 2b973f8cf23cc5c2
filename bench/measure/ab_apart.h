/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One side of A against B in a fresh VM of its own: for settings that the two sides cannot have at
 * the same time (another CPU, another scheduling class), workloads of several threads, which cannot
 * stand still while a twin has its turn, and CPU time, which the turns of twins would be part of.
 */
#ifndef HVBENCH_AB_APART_H
#define HVBENCH_AB_APART_H

#include "bench/backends/backend.h"

struct ab_apart {
	double cost;   /* of an operation, the median, in clock units */
	double cpu_ns; /* of the vCPUs' threads for an operation, the mean; NAN: not known */
	uint64_t tsc_khz;
};

/* req->ops_per_sample has been calibrated. -errno with the reason. */
int ab_apart__measure(const struct backend *backend, const struct cell *cell,
		      const struct measure_request *req, struct ab_apart *out, struct error *err);

#endif
