/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VM and its vCPUs are to the architecture they are of: implemented in a directory for each (x86_64/).
 */
#ifndef HVBENCH_VMM_MACHINE_H
#define HVBENCH_VMM_MACHINE_H

#include <linux/kvm.h>
#include <stdint.h>

#include "bench/base/error.h"

struct vm;
struct vcpu;

/* A VM that has no memory yet. */
void machine__prepare(struct vm *vm);
/* The vCPU at the payload's entry, with what it says of itself and its clock; it has to be runnable afterwards. */
int machine__reset(struct vcpu *vcpu, struct error *err);
/* Where the vCPU is: address and privilege level. Negative errno: it cannot be told. */
int machine__where(struct vcpu *vcpu, uint64_t *rip, unsigned int *cpl);
/* The message by which a device interrupts vCPU 0. */
void machine__msi(struct kvm_irq_routing_msi *msi, uint8_t vector);

#endif
