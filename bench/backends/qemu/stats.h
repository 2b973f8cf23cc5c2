/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's binary statistics as QEMU provides them (query-stats, QEMU 7.1 and later): the same
 * descriptors and values as from KVM itself, without its file.
 */
#ifndef HVBENCH_QEMU_STATS_H
#define HVBENCH_QEMU_STATS_H

#include <stdint.h>

#include "bench/backends/backend.h"
#include "bench/backends/qemu/qmp.h"

struct qemu_stats {
	struct kvmstats vcpu, vm; /* descriptions only; nr_descs 0: there are none */
	unsigned int nr_vcpus;
	char why[128]; /* why there are none of vCPUs */
};

/*
 * Finds out which statistics there are; has to be closed even after an error. It is not an error if
 * KVM or QEMU has none.
 */
int qemu_stats__open(struct qemu_stats *s, struct qmp *q, uint64_t deadline_ns, struct error *err);
/*
 * All values at this moment, those of each vCPU and then the VM's; the caller frees them. NULL
 * without an error where there are none.
 */
int qemu_stats__read(const struct qemu_stats *s, struct qmp *q, uint64_t **values,
		     uint64_t deadline_ns, struct error *err);
/* Fills empty figures with the changes between two readings. -ENOMEM. */
int qemu_stats__window(const struct qemu_stats *s, const uint64_t *begin, const uint64_t *end,
		       struct kvm_figures *figures);
void qemu_stats__close(struct qemu_stats *s);

/*
 * For tests: makes descriptions from the answer to query-stats-schemas, and sizes from that to
 * query-stats; the values of one "stats" array, 0 where it holds none. -EPROTO.
 */
int qemu_stats__describe(struct kvmstats *stats, const json_t *schemas, const char *target,
			 const json_t *sample);
int qemu_stats__values(const struct kvmstats *stats, const json_t *sample, uint64_t *values);

#endif
