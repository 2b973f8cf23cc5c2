/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt controllers, and the devices that live in the kernel: irqfd, ioeventfd, coalesced MMIO.
 */
#ifndef HVBENCH_VMM_IRQCHIP_H
#define HVBENCH_VMM_IRQCHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "bench/plan/config.h"

struct vm;

static inline bool irqchip__has_lapic(const struct config *config)
{
	return config->irqchip != IRQCHIP_USER;
}

int irqchip__create(struct vm *vm, struct error *err);	/* before the vCPUs */
int irqchip__route_msi(struct vm *vm, uint32_t gsi, uint8_t vector, struct error *err);
int irqchip__add_irqfd(struct vm *vm, uint32_t gsi, struct error *err);
int irqchip__add_ioeventfds(struct vm *vm, struct error *err);
int irqchip__add_coalesced(struct vm *vm, struct error *err);

#endif
