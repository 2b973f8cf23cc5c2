/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workloads in VMs of our own VMM. For code that needs this very backend; others use
 * backend__find().
 */
#ifndef HVBENCH_BACKENDS_KVM_H
#define HVBENCH_BACKENDS_KVM_H

#include "bench/backends/backend.h"

extern const struct backend backend_kvm;

#endif
