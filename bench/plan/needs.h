/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What workloads need around them, one row each: the words for it, and the interrupt controllers with which a VM
 * has it.
 */
#ifndef HVBENCH_NEEDS_H
#define HVBENCH_NEEDS_H

#include "bench/plan/config.h"
#include "workloads/workload.h"

/* Beside those of workload.h: operations of our own VMM are what is measured (WORKLOAD_HOST). */
#define NEEDS_OUR_VMM	(1u << 31)

struct need {
	unsigned int bit;
	const char *article, *words;	/* "an ", "ioeventfd" */
	unsigned int irqchips;		/* 1 << enum config_irqchip of those that have it; 0: has nothing to do with them */
	const char *irqchips_text;
};

/* Ends with NULL words. */
extern const struct need needs[];

/* enum workload_needs, and NEEDS_OUR_VMM. */
unsigned int needs__of(const struct workload *w);

#endif
