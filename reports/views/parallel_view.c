// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/parallel_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result/doc.h"

/* How many vCPUs of a VM were at work in the cell. */
static unsigned int vcpus_of(const json_t *cell)
{
	unsigned long vcpus = strtoul(doc__text(cell, "config.parallel"), NULL, 10);

	return vcpus > 1 && vcpus < 1u << 16 ? (unsigned int)vcpus : 1;
}

/* What the cell is, except for how many vCPUs were at work. */
static json_t *identity_of(const json_t *cell)
{
	json_t *config = json_copy((json_t *)json_object_get(cell, "config")), *identity;

	if (json_is_object(config)) {
		json_object_del(config, "name");
		json_object_del(config, "parallel");
	}
	identity = json_pack("{s:o, s:O*, s:O*, s:O*, s:O*}", "config", config ?: json_null(),
			     "workload", json_object_get(cell, "workload"), "params",
			     json_object_get(cell, "params"), "ring", json_object_get(cell, "ring"),
			     "backend", json_object_get(cell, "backend"));
	return identity ?: json_null();
}

static const json_t *with_one_vcpu(const json_t *doc, const json_t *cell)
{
	json_t *wanted = identity_of(cell), *other;
	const json_t *found = NULL;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, other) {
		json_t *identity;

		if (found || vcpus_of(other) != 1 ||
		    strcmp(doc__text(other, "workload"), doc__text(cell, "workload")))
			continue;
		identity = identity_of(other);
		if (json_equal(identity, wanted))
			found = other;
		json_decref(identity);
	}
	json_decref(wanted);
	return found;
}

double parallel_view__growth(const json_t *doc, const json_t *cell)
{
	const json_t *one = vcpus_of(cell) > 1 ? with_one_vcpu(doc, cell) : NULL;
	double base = one ? doc__number(one, "summary.p50") : NAN;

	return base > 0 ? doc__number(cell, "summary.p50") / base : NAN;
}
