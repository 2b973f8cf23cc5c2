/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's binary statistics (KVM_GET_STATS_FD): the counters of a VM or vCPU, read from its own
 * descriptor, with no privilege and no cost per exit. Documentation/virt/kvm/api.rst, 4.133.
 * Everything the file says about its layout is checked: every index below is within `values`.
 */
#ifndef HVBENCH_KVMSTATS_H
#define HVBENCH_KVMSTATS_H

#include <stddef.h>
#include <stdint.h>

#include "bench/base/error.h"

#define KVMSTATS_NAME_BYTES 48

/* KVMSTATS_OTHER: a type that a newer kernel may have and we cannot read. */
enum kvmstats_type {
	KVMSTATS_CUMULATIVE,
	KVMSTATS_INSTANT,
	KVMSTATS_PEAK,
	KVMSTATS_LINEAR_HIST,
	KVMSTATS_LOG_HIST,
	KVMSTATS_OTHER
};
enum kvmstats_unit {
	KVMSTATS_NONE,
	KVMSTATS_BYTES,
	KVMSTATS_SECONDS,
	KVMSTATS_CYCLES,
	KVMSTATS_BOOLEAN
};

struct kvmstats_desc {
	char name[KVMSTATS_NAME_BYTES];
	enum kvmstats_type type;
	enum kvmstats_unit unit;
	int base, exponent;   /* a value is value * base^exponent units; base is 10 or 2 */
	unsigned int size;    /* number of values, at least 1; for histograms the number of
				 * buckets */
	unsigned int first;   /* index of its first value in kvmstats.values */
	uint32_t bucket_size; /* for linear histograms, never 0 */
};

struct kvmstats {
	int fd; /* owned */
	unsigned int nr_descs, nr_values;
	struct kvmstats_desc *descs;
	uint64_t *values; /* from the last kvmstats__read() */
	uint64_t data_offset;
};

/*
 * Asks `vm_or_vcpu_fd` for its statistics. -ENOTTY/-EINVAL: this kernel has none. A descriptor
 * whose layout makes no sense is refused with -EPROTO.
 */
int kvmstats__open(struct kvmstats *s, int vm_or_vcpu_fd, struct error *err);
/*
 * The same from a descriptor returned by KVM_GET_STATS_FD (in another process, through
 * pidfd_getfd).
 */
int kvmstats__open_fd(struct kvmstats *s, int stats_fd, struct error *err);
/* Reads all values with one pread. Negative errno. */
int kvmstats__read(struct kvmstats *s);
void kvmstats__close(struct kvmstats *s);

#endif
