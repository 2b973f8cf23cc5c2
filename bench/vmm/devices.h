/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that the kernel handles itself: irqfd, ioeventfd, coalesced MMIO, read-only memory.
 * Workloads ask for each by a bit of enum workload_needs; each is a row in devices.c.
 */
#ifndef HVBENCH_VMM_DEVICES_H
#define HVBENCH_VMM_DEVICES_H

#include "bench/base/error.h"
#include "workloads/workload.h"

struct vm;

/* The bits that ask for a device. */
#define DEVICES_NEEDS \
	(NEEDS_IOEVENTFD | NEEDS_COALESCED_MMIO | NEEDS_INJECTOR | NEEDS_PEER | NEEDS_RECEIVER | \
	 NEEDS_ROM | NEEDS_QUEUE)

/* Has each of two VMs with NEEDS_PEER interrupted by the other's doorbell. */
int devices__join(struct vm *a, struct vm *b, struct error *err);

/* Adds the devices asked for by these bits to a VM that has its irqchip and no vCPU yet. */
int devices__add(struct vm *vm, unsigned int needs, struct error *err);

#endif
