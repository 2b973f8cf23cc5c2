/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's half of workloads/fleet.c. */
#ifndef HVBENCH_KVM_FLEET_H
#define HVBENCH_KVM_FLEET_H

#include "bench/backends/backend.h"
#include "bench/vmm/payload.h"

/* Fills m with a sample for each VM, or with the reason why there are none. */
int kvm_fleet__measure(const struct cell *cell, const struct measure_request *req,
		       const struct payload *payload, struct measurement *m);

#endif
