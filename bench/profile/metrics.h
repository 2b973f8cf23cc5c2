/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile as metrics for Prometheus (bench/base/openmetrics.h): counters that only grow while the
 * program runs, by VM and reason; by vCPU too where the profile is by vCPU.
 */
#ifndef HVBENCH_PROFILE_METRICS_H
#define HVBENCH_PROFILE_METRICS_H

#include "bench/base/openmetrics.h"
#include "bench/profile/session.h"

/* How long what a VM had is still told when it is gone: scrapes come once a minute at least. */
#define PROFILE_METRICS_KEEP_NS (600 * 1000000000ull)

/* What is kept from one time to the next. Zeroed to begin with. */
struct profile_metrics {
	struct series *series;
	size_t nr_series, room_series;
	uint32_t *index;  /* hash table by labels: place in series + 1 */
	size_t places;	  /* of index, a power of two */
	size_t nr_sums;	  /* of profile.total.list that have been taken up */
	uint32_t *of_sum; /* place in series, by the place in that list */
	struct metrics_vm *vms;
	size_t nr_vms;
	uint32_t *vm_of; /* by vCPU: place in vms */
	size_t nr_vcpus;
};

/*
 * To be called now and then: looks which VMs are gone, and forgets those that have been for
 * PROFILE_METRICS_KEEP_NS. -ENOMEM.
 */
int profile_metrics__look(struct profile_metrics *m, struct profile *p);
/* Writes all families of the total, which must not have been sorted. -ENOMEM. */
int profile_metrics__write(struct profile_metrics *m, struct profile *p, struct openmetrics *om);
void profile_metrics__free(struct profile_metrics *m);

#endif
