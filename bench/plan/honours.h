/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which configuration keys and needs of workloads somebody who runs cells honours. What is not in the list is
 * refused: a key that is taken and not applied would label a figure with what it does not have.
 */
#ifndef HVBENCH_HONOURS_H
#define HVBENCH_HONOURS_H

#include "bench/plan/plan.h"

struct honours {
	const char *const *keys;	/* configuration keys, NULL-terminated */
	unsigned int needs;		/* as needs__of() has them */
	unsigned int vcpus;		/* of a VM, at most; 0: any number */
};

/* Somebody else, who may do what was refused. */
struct honourer {
	const char *name;
	const struct honours *honours;
};

bool honours__key(const struct honours *honours, const char *key);
/*
 * -EOPNOTSUPP with the key that the cell sets, or what its workload needs, and `who` does not honour; and with those
 * of `others` who would (ends with a NULL name; may be NULL).
 */
int honours__check(const struct honours *honours, const struct cell *cell, const char *who,
		   const struct honourer *others, struct error *err);

#endif
