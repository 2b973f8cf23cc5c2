/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of a vCPU.
 */
#ifndef HVBENCH_VMM_REGISTERS_H
#define HVBENCH_VMM_REGISTERS_H

#include <stdint.h>

#include "bench/base/error.h"

struct vcpu;

/* Sets 64-bit mode at the entry of the payload, as described in abi.h. */
int registers__set(struct vcpu *vcpu, struct error *err);
/* Where the vCPU is; negative errno. */
int registers__where(struct vcpu *vcpu, uint64_t *rip, unsigned int *cpl);

#endif
