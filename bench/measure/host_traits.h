/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kind of host this is, found out by measuring at the start of a run, not from a list of
 * names: whether the guest's CPL0 is emulated, whether instructions exit to a hypervisor below this
 * one, and whether KVM's statistics count the exits that a guest is known to take.
 */
#ifndef HVBENCH_HOST_TRAITS_H
#define HVBENCH_HOST_TRAITS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/backends/backend.h"

struct traits {
	bool measured;
	char why[256];			 /* why it was not measured */
	double cpl3_cycles, cpl0_cycles; /* for one iteration of the empty loop; 0: not known */
	bool cpl0_emulated;		 /* it takes 20 times as long or more at CPL0 */
	double native_cpuid_cycles;	 /* CPUID in a process of this host */
	bool host_is_virtual;		 /* that takes longer than on any CPU by itself */
	uint64_t tsc_khz;
	double reference_cycles;   /* one pio-user operation, the reference of exit cells; 0:
					 * not known */
	double kernel_exit_cycles; /* one pio-ioeventfd operation; 0: not known */
	/* of port writes to user space, in the statistics */
	uint64_t expected_exits, seen_exits;
	bool exits_known;
	bool exits_exact; /* the two differ by at most 0.1 % */
};

/* The workload in the default configuration with its default parameters. -ENOENT. */
int traits__default_cell(const char *workload, struct cell *cell);
/* How many operations of so many cycles take this long; at least 1. */
uint64_t traits__ops(const struct traits *traits, double cycles, double target_ns);

/* Takes some 20 ms. Never fails: what cannot be measured is marked as such. */
void traits__measure(struct traits *traits, const struct backend *backend,
		     const struct measure_request *req);

/* Adds warnings that the reader of a finished measurement needs because of this host. */
void traits__annotate(const struct traits *traits, const struct cell *cell, struct measurement *m);

/* The objects "calibration" and "exit_source" of the document. */
json_t *traits__to_json(const struct traits *traits);
json_t *traits__exit_source(const struct traits *traits);

#endif
