/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workloads in VMs of our own VMM. By name for those who need this one and no other; else see backend__find(). */
#ifndef HVBENCH_KVM_BACKEND_H
#define HVBENCH_KVM_BACKEND_H

#include "bench/backends/backend.h"

extern const struct backend backend_kvm;

#endif
