/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which configuration keys and needs of workloads a backend or a lane honours. Everything not
 * listed is refused: if a key were accepted but not applied, figures would be labelled with a
 * setting they do not have.
 */
#ifndef HVBENCH_HONOURS_H
#define HVBENCH_HONOURS_H

#include "bench/plan/plan.h"

struct honours {
	const char *const *keys; /* configuration keys, NULL-terminated */
	unsigned int needs;	 /* in the form of needs__of() */
	unsigned int vcpus;	 /* of a VM, at most; 0: any number */
};

/* Another backend or lane, which may honour what was refused. */
struct honourer {
	const char *name;
	const struct honours *honours;
};

bool honours__key(const struct honours *honours, const char *key);
/*
 * -EOPNOTSUPP with the key that the cell sets, or the need of its workload, that `who` does not
 * honour, and with those of `others` that do (a list that ends with a NULL name; may be NULL).
 */
int honours__check(const struct honours *honours, const struct cell *cell, const char *who,
		   const struct honourer *others, struct error *err);

#endif
