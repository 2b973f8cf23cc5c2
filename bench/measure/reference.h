/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References: what a cell is measured beside, in turns on one CPU, so that two runs on different
 * days can be compared by the ratio: when the host's speed drifts, both change alike. A reference
 * is of the same kind as the cell, does not depend on the cell's configuration, and is used only
 * where the ratio varies less than the cost.
 *
 * Standard deviations between ten runs of six rounds, on two CPUs of a cloud host (its KVM emulates
 * CPL0, and CPUID exits to a hypervisor below) with 9 to 17 other tasks running:
 *
 *   cell                 cost     ratio    reference
 *   cpuid                0.5 %    0.04 %   native: CPUID in a process, which exits to the same one
 *   hypercall            0.4      0.05     native:cpuid, likewise
 *   rdmsr                7.8      3.8      empty:ring=0, the loop there, beside each sample
 *   wrmsr                3.6      3.3      the same
 *   pause                0.00     0.00     native
 *   chase, 256k          0.00     0.06     native, in the same memory
 *   chase, 64m           2.8      1.7      native; larger than the caches, in memory of its own
 *   bandwidth, 8m        0.13     0.07     native, in the same memory
 *   touch, present pages 8.1      3.2      native: a fault that finds the page
 *   ipi                  209      6.2      native:membarrier: interrupts to a spinning CPU
 *   inject               28       4.9      the same
 *   vm-create            3.7      2.1      native:memfd: memory files made and closed
 *   vcpu-create          7.5      8.6      the same; with fewer other tasks 8.2 and 5.7
 *   first-entry          26       17       the same
 *
 * With memory of its own, bandwidth's ratio moved by 2 to 7 % from round to round, with the same
 * memory by 0.1 to 0.2. The other exits use pio-user or pio-ioeventfd in a VM of the default
 * configuration: exits that go on to the VMM drift differently from those that stay in the kernel
 * (the ratio moves by 0.1 to 0.5 % from round to round, where the cost moves by up to 15).
 *
 * No reference gave a ratio quieter than the cost (cost, ratio) for: touch of fresh pages (1.2 %,
 * 1.7); rewrite beside faults of a process (0.8, 1.5); a halted target beside membarrier (1.2, 7.7)
 * and halt-wake beside a sleeping thread (1.7, 8.7), since both adapt their waiting to how long
 * they waited before; memslot and vm-destroy beside an RCU barrier (18, 18; 11, 13), beside fork or
 * a thread's life (over 50), since they wait for a grace period of their own. There is none for
 * several VMs, and none under an instruction-counting clock, where nothing drifts.
 */
#ifndef HVBENCH_REFERENCE_H
#define HVBENCH_REFERENCE_H

#include "bench/backends/backend.h"
#include "bench/backends/host_op.h"
#include "bench/measure/host_traits.h"

struct reference {
	const struct host_op *op; /* the operation of the host that is the reference, or
					 * NULL: */
	struct cell cell;
	const struct backend *backend;
	const char *label;		    /* by which results are matched */
	uint64_t ops_per_sample;	    /* of the reference */
	uint64_t cell_ops_per_sample;	    /* of the cell beside it */
	const struct measurement *measured; /* measured with it from the start, see
						 * reference__beside(); or NULL */
	bool is_loop;			    /* see struct twin */
	bool same_memory;		    /* both work in the cell's memory */
	unsigned int samples;		    /* alternations; 0: the number of samples in a round */
};

bool reference__possible(const struct cell *cell);
/* Says what a workload is measured beside, for people; NULL: nothing. */
const char *reference__what(const struct workload *w);
/*
 * What the cell has to be measured in turns with from the start: see measure_request. NULL:
 * nothing.
 */
const struct host_op *reference__beside(const struct cell *cell);
/*
 * The reference of a cell; the choice depends on `first`, its first measurement. `m` is the latest
 * one. -EOPNOTSUPP: it has none.
 */
int reference__find(struct reference *ref, const struct traits *traits, const struct cell *cell,
		    const struct measurement *first, const struct measurement *m);
/* Measures one pair of fresh instances. `backend` is the cell's. */
void reference__measure(const struct reference *ref, const struct backend *backend,
			const struct cell *cell, const struct measure_request *req,
			struct pair *pair);
/* The time that a pair takes, for estimates; a VM's life takes `overhead_ns`. */
double reference__estimate_ns(const struct cell *cell, const struct measure_request *req,
			      double overhead_ns);

#endif
