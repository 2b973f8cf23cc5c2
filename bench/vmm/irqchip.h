/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt controllers.
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

int irqchip__create(struct vm *vm, struct error *err); /* before the vCPUs */

#endif
