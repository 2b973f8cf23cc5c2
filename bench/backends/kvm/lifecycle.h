/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lifecycle workloads: measured by the host, in ns, around the system calls.
 */
#ifndef HVBENCH_KVM_LIFECYCLE_H
#define HVBENCH_KVM_LIFECYCLE_H

#include "bench/backends/backend.h"
#include "bench/vmm/payload.h"

/*
 * Repeats the cell's operation on VMs of its own for req->samples samples, or until their time is
 * over.
 */
int kvm_lifecycle__measure(const struct cell *cell, const struct measure_request *req,
			   const struct payload *payload, struct measurement *m);

#endif
