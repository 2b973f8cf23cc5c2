/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a VM and its vCPUs that depend on the architecture: implemented in a directory for
 * each (x86_64/).
 */
#ifndef HVBENCH_VMM_MACHINE_H
#define HVBENCH_VMM_MACHINE_H

#include <linux/kvm.h>
#include <stdint.h>

#include "bench/base/error.h"

struct vm;
struct vcpu;

/* To be called before the VM has memory. */
void machine__prepare(struct vm *vm);
/*
 * Puts the vCPU at the payload's entry, and sets its CPUID and clock; it has to be runnable after
 * that.
 */
int machine__reset(struct vcpu *vcpu, struct error *err);
/* Where the vCPU is: address and privilege level. Negative errno: not known. */
int machine__where(struct vcpu *vcpu, uint64_t *rip, unsigned int *cpl);
/* The MSI message by which a device interrupts vCPU 0. */
void machine__msi(struct kvm_irq_routing_msi *msi, uint8_t vector);

#endif
