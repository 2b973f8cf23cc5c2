/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References: what a cell is measured beside, as twins that take turns on one CPU, so that two runs on
 * different days can be compared by the ratio. A host that drifts moves both alike.
 *
 *	exits		an exit of the same kind in the default configuration: pio-user for those that go
 *			on to the VMM, pio-ioeventfd for those that stay in the kernel. What drifts for
 *			one of these kinds is not what drifts for the other.
 *	memory, timers	the same operation in a process of the host, without a hypervisor: memory that
 *			gets slower does so for both, and the ratio is what virtualization adds. In six runs
 *			on a busy host DRAM latency moved by 4 to 6 %, its ratio by 1.2 to 1.4 %; wake-up
 *			lateness by 13 and 2.5 %; bandwidth by 19 and 10 %.
 *
 * There is none where operations need several vCPUs or a host thread (ipi, inject: part of them would run
 * beside the other twin's turn), where each is possible only once (touch), where the host does them
 * (lifecycle), and under a counting clock, where nothing drifts.
 */
#ifndef HVBENCH_REFERENCE_H
#define HVBENCH_REFERENCE_H

#include "backends/backend.h"
#include "backends/host_op.h"
#include "traits.h"

struct reference {
	const struct host_op *op;	/* an operation of the host's, or NULL: */
	struct cell cell;
	const struct backend *backend;
	const char *label;		/* what results are matched by */
	uint64_t ops_per_sample;	/* of the reference */
	uint64_t cell_ops_per_sample;	/* of the cell beside it */
	const struct measurement *measured;	/* it was there with it already: reference__beside(), or NULL */
	bool is_loop;			/* see struct twin */
	bool same_memory;		/* both work in the cell's */
	unsigned int samples;		/* alternations; 0: as many as a round has samples */
};

bool reference__possible(const struct cell *cell);
/* What a workload is measured beside, for people; NULL: nothing. */
const char *reference__what(const struct workload *w);
/* What the cell is to be measured in turns with from the start: see measure_request. NULL: nothing. */
const struct host_op *reference__beside(const struct cell *cell);
/*
 * For a cell whose first measurement was `first`: what it is measured beside goes by that. `m` is the latest.
 * -EOPNOTSUPP: it has none.
 */
int reference__find(struct reference *ref, const struct traits *traits, const struct cell *cell,
		    const struct measurement *first, const struct measurement *m);
/* One pair, of fresh instances. `backend` is the cell's. */
void reference__measure(const struct reference *ref, const struct backend *backend, const struct cell *cell,
			const struct measure_request *req, struct pair *pair);
/* What a pair takes, for estimates; a VM's life is `overhead_ns`. */
double reference__estimate_ns(const struct cell *cell, const struct measure_request *req, double overhead_ns);

#endif
