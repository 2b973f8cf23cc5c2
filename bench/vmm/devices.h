/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that live in the kernel: irqfd, ioeventfd, coalesced MMIO. Each is what a workload needs by a bit of
 * enum workload_needs, and one row in devices.c.
 */
#ifndef HVBENCH_VMM_DEVICES_H
#define HVBENCH_VMM_DEVICES_H

#include "bench/base/error.h"
#include "workloads/workload.h"

struct vm;

/* The bits that there is a device for. */
#define DEVICES_NEEDS	(NEEDS_IOEVENTFD | NEEDS_COALESCED_MMIO | NEEDS_INJECTOR)

/* Those of the bits that there is a device for, to a VM with its irqchip and no vCPU yet. */
int devices__add(struct vm *vm, unsigned int needs, struct error *err);

#endif
