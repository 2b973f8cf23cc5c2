/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's binary statistics as QEMU hands them out (query-stats, QEMU 7.1 and later): the same
 * descriptors and values as from KVM itself, without the file.
 */
#ifndef HVBENCH_QEMU_STATS_H
#define HVBENCH_QEMU_STATS_H

#include <stdint.h>

#include "bench/backends/backend.h"
#include "bench/backends/qemu/qmp.h"

struct qemu_stats {
	struct kvmstats vcpu, vm;	/* descriptions only; nr_descs 0: there are none */
	unsigned int nr_vcpus;
	char why[128];			/* there are none of vCPUs */
};

/*
 * Finds out what there is; to be closed even after an error. That KVM or QEMU has
 * none is no error.
 */
int qemu_stats__open(struct qemu_stats *s, struct qmp *q, uint64_t deadline_ns, struct error *err);
/*
 * All values at this moment, each vCPU's and then the VM's; the caller frees them. NULL and no error where
 * there are none.
 */
int qemu_stats__read(const struct qemu_stats *s, struct qmp *q, uint64_t **values, uint64_t deadline_ns,
		     struct error *err);
/* What they did between two readings, into empty figures. -ENOMEM. */
int qemu_stats__window(const struct qemu_stats *s, const uint64_t *begin, const uint64_t *end,
		       struct kvm_figures *figures);
void qemu_stats__close(struct qemu_stats *s);

/*
 * For tests: descriptions by the answer to query-stats-schemas, sizes by the one to query-stats; the
 * values of one "stats" array, those it does not hold 0. -EPROTO.
 */
int qemu_stats__describe(struct kvmstats *stats, const json_t *schemas, const char *target,
			 const json_t *sample);
int qemu_stats__values(const struct kvmstats *stats, const json_t *sample, uint64_t *values);

#endif
