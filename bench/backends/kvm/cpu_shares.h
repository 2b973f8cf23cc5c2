/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's half of workloads/cpu-shares.c: VMs in control groups of their own. */
#ifndef HVBENCH_KVM_CPU_SHARES_H
#define HVBENCH_KVM_CPU_SHARES_H

#include "bench/backends/backend.h"
#include "bench/vmm/payload.h"

/* Fills m with a sample for each window, and with m->shares. */
int kvm_cpu_shares__measure(const struct cell *cell, const struct measure_request *req,
			    const struct payload *payload, struct measurement *m);

/*
 * Divides `total` among `nr` in proportion to their weights, none of which gets more than `most`;
 * what one cannot use goes to the others, in proportion. Exported for tests.
 */
void cpu_shares__promise(double total, const double *weights, const double *most, unsigned int nr,
			 double *promised);

#endif
