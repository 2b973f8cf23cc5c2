/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What observed rounds saw of a cell, and what the document says about it. Nothing is observed
 * here: see bench/measure/observed_rounds.h.
 */
#ifndef HVBENCH_OBSERVATION_H
#define HVBENCH_OBSERVATION_H

#include <jansson.h>

#include "bench/backends/backend.h"
#include "probes/exits_profile.h"

/* What one cell's observed rounds saw. */
struct observation {
	struct exits_profile profile;
	uint64_t window_ops;
	/*
	 * With a counting clock: the round whose exits took least. The figure is that of the path,
	 * and what else ran in a round is not on it. 0 operations: none.
	 */
	struct exits_time calm;
	uint64_t calm_ops;
	double net_cycles; /* median cost of an operation while observed; 0: not
					 * known */
	uint64_t tsc_khz;
	uint64_t lost;
	unsigned int rounds;
	bool hardware_names; /* reasons are the hardware's, not names of tracepoints */
	struct error err;    /* why nothing was observed */
	json_t *context;     /* what the probes of the context round saw, by probe;
					 * NULL: nothing */
};

struct observation *observation__new(void);
void observation__free(struct observation *obs);

/*
 * Takes note of a round of so many operations, whose exits have just been added to the profile,
 * which had this time before. `exact`: measured by a counting clock.
 */
void observation__end_round(struct observation *obs, const struct exits_time *before, uint64_t ops,
			    bool exact);

/*
 * Puts the guest's steal time and the host's run-queue delay into "sched"; unknown ones with the
 * reason.
 */
void observation__add_steal(json_t *sched, const struct steal *steal, uint64_t window_ops);

/*
 * Adds to the cell: exits.by_reason, exits.per_op, cost, probe_cost, and the context. `probe`: the
 * cost of being observed, from samples with the probe off (a) and on (b) in turns.
 */
void observation__to_cell(const struct observation *obs, const struct pair *probe, json_t *cell);
/* ns per exit, from the logarithm of observed / unobserved; NAN where it is not known. */
double observation__cost_ns(const struct pair *probe, double log_ratio);

#endif
