/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What workloads need, a row for each need: how messages call it, and with which interrupt
 * controllers a VM has it.
 */
#ifndef HVBENCH_NEEDS_H
#define HVBENCH_NEEDS_H

#include "bench/plan/config.h"
#include "workloads/workload.h"

/*
 * In addition to those of workload.h: the workload measures our own VMM's operations
 * (WORKLOAD_HOST).
 */
#define NEEDS_OUR_VMM (1u << 31)

struct need {
	unsigned int bit;
	const char *article, *words; /* "an ", "ioeventfd" */
	unsigned int irqchips;	     /* bits 1 << enum config_irqchip of those that have it; 0:
					 * does not depend on them */
	const char *irqchips_text;
};

/* Ends with NULL words. */
extern const struct need needs[];

/* enum workload_needs, and NEEDS_OUR_VMM. */
unsigned int needs__of(const struct workload *w);

#endif
