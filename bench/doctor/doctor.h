/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All checks of a host, as a document: bench/result/doctor.schema.json. */
#ifndef HVBENCH_DOCTOR_H
#define HVBENCH_DOCTOR_H

#include <jansson.h>

#include "bench/base/error.h"
#include "bench/doctor/check.h"

struct doctor_options {
	const char *root;	      /* "": this machine */
	unsigned int goals;	      /* enum doctor_goal */
	int (*extension)(int number); /* KVM_CHECK_EXTENSION of a made host, or NULL */
	const char *const *ids;	      /* only these checks, NULL-terminated; NULL: all */
};

/* The checks in the order of their rank; NULL-terminated, the caller frees the array. */
const struct doctor_check **doctor__checks(void);
/*
 * NULL with -EINVAL: there is no check of such a name (the message has the nearest); -ENOENT: no
 * /proc below the root. The caller owns the document.
 */
json_t *doctor__examine(const struct doctor_options *options, struct error *err);
/*
 * What a result says of the host beside its figures: of this machine, for all goals, the checks
 * that found something to say. A new object, or null where /proc cannot be read.
 */
json_t *doctor__health(void);

#endif
