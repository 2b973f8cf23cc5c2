/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Observed rounds: the probes around the timed window of a measurement, in rounds of their own.
 * They count by reason; comparing their times with those of unobserved rounds gives the probe's
 * cost.
 */
#ifndef HVBENCH_OBSERVED_ROUNDS_H
#define HVBENCH_OBSERVED_ROUNDS_H

#include <jansson.h>

#include "bench/backends/backend.h"
#include "bench/result/observation.h"
#include "probes/exits_choose.h"

struct observer;

/*
 * Finds the exit source that sees a known number of exits and attaches it. Never fails: if there is
 * none, `choice` says why and observe__usable() is false.
 */
struct observer *observe__open(void);
void observe__close(struct observer *o);
bool observe__usable(const struct observer *o);

/*
 * Uses the measurement's window as the observation's. Called before and after backend->run().
 * `exact`: the clock counts instructions.
 */
void observe__arm(struct observer *o, struct observation *obs, struct measure_request *req);
void observe__add(struct observer *o, struct observation *obs, const struct workload *w,
		  const struct measurement *m, bool exact);
/*
 * The same for one round in which the probes of the context (probes/probe.h) watch instead of the
 * exits probe: the cost of attaching that much must not enter the breakdown of an exit. Covers
 * several VMs that run at the same time together.
 */
void observe__arm_context(struct observer *o, struct observation *obs, unsigned int vms, bool gaps,
			  struct measure_request *req);
void observe__add_context(struct observer *o, struct observation *obs, const struct measurement *m);

/*
 * Measures what being observed costs an exit: the probe is on and off in turns around samples of
 * one VM's exits. The twin's operation has to be exactly one exit. The result goes into
 * `exit_source` of the document and into the cells.
 */
void observe__measure_cost(struct observer *o, const struct backend *backend,
			   const struct twin *twin, const struct measure_request *req);
/* The object "exit_source" of the document, with the probe's cost. */
json_t *observe__source(const struct observer *o);

/*
 * Writes these fields of the document's cell: exits.by_reason, exits.per_op, cost, probe_cost, and
 * each probe's part.
 */
void observe__to_cell(const struct observer *o, const struct observation *obs, json_t *cell);

#endif
