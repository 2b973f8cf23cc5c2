/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vCPU's CPUID: everything that KVM supports, its own APIC ids, the deadline timer. */
#ifndef HVBENCH_VMM_CPUID_H
#define HVBENCH_VMM_CPUID_H

#include "bench/base/error.h"

struct vcpu;

int cpuid__set(struct vcpu *vcpu, struct error *err);

#endif
