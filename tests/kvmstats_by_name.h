/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A statistic of KVM by its name, for tests. */
#ifndef HVBENCH_KVMSTATS_BY_NAME_H
#define HVBENCH_KVMSTATS_BY_NAME_H

#include <string.h>

#include "bench/kvm/kvmstats.h"

/* Fails the test if there is none. */
static inline const struct kvmstats_desc *by_name(const struct kvmstats *s, const char *name)
{
	for (unsigned int i = 0; i < s->nr_descs; i++)
		if (!strcmp(s->descs[i].name, name))
			return &s->descs[i];
	fail_msg("no statistic %s", name);
	return NULL;
}

#endif
