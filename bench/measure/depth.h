/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How deep a run goes: rounds, samples per round and the length of a sample, chosen to fit the time
 * available for everything, twins and observed rounds included; and an estimate of how long the run
 * will take on an idle host.
 *
 * More time makes more rounds, since the round is the replicate; once there are as many as a result
 * holds (DEPTH_MAX_ROUNDS, DEPTH_MAX_VALUES), they get longer. Less time makes them shorter, down
 * to DEPTH_MIN_SAMPLES, and then fewer, down to DEPTH_MIN_ROUNDS. A number of rounds given by
 * --rounds or by the job is kept. A cell that differs more from VM to VM than from sample to sample
 * is measured in several VMs a round, with correspondingly fewer samples in each: this takes little
 * more time and gives as many more replicates. The estimate may be wrong by a factor, so when a
 * time was given the runner watches the clock and ends when another round would not fit.
 */
#ifndef HVBENCH_DEPTH_H
#define HVBENCH_DEPTH_H

#include <stdbool.h>

#include "bench/backends/backend.h"
#include "bench/plan/plan.h"

#define DEPTH_MIN_SAMPLES 10
#define DEPTH_MIN_ROUNDS  2
#define DEPTH_MAX_ROUNDS  10000
#define DEPTH_MAX_VALUES  (8u << 20) /* raw samples in a whole result */

/*
 * Rounds of a cell that probes observe, after the timed ones: for its exits, and for its context
 * (scheduling, MMU, counters).
 */
#define OBSERVED_ROUNDS 2
#define CONTEXT_ROUNDS	1

struct depth_options {
	bool icount;		 /* the clock counts instructions */
	bool no_probes;		 /* no observed rounds */
	unsigned int samples;	 /* 0: chosen by the time available */
	unsigned int timeout_ms; /* for one measurement; 0: chosen by what it has to do */
};

struct depth {
	const struct plan *plan;
	struct depth_options opts;
	unsigned int rounds;	    /* of all cells; each cell has depth__visits() VMs in one */
	unsigned int most_rounds;   /* the same, or more if rounds are quicker than estimated */
	struct measure_request req; /* target_ns, samples, singles, single_budget_ns are set */
	bool spread;		    /* rounds have several VMs where that is worth it */
};

void depth__choose(struct depth *depth, const struct plan *plan, const struct depth_options *opts);

/* Fresh VMs of the cell in one round of all cells; at most so many in the whole run. */
unsigned int depth__visits(const struct depth *depth, const struct cell *cell);
unsigned int depth__most_visits(const struct depth *depth, const struct cell *cell);
/* The number of measurements of the cell that has most, where no cell has fewer than `rounds`. */
unsigned int depth__widest(const struct depth *depth);
/* The request for one of those VMs: its part of the samples. */
struct measure_request depth__request(const struct depth *depth, const struct cell *cell);

/*
 * Estimates in seconds: of everything done for one cell; of the observed rounds of all cells; of
 * the whole run.
 */
double depth__cell_s(const struct depth *depth, const struct cell *cell);
double depth__observed_s(const struct depth *depth);
double depth__run_s(const struct depth *depth);
/* The least time that the plan takes, whatever --time says. */
double depth__least_s(const struct plan *plan, const struct depth_options *opts);

/*
 * Whether there is time for another round of all cells after `done` rounds, in which what will be
 * measured again took `rounds_s`, `elapsed_s` after the run began. Always true if no time was
 * given, or if the number of rounds was.
 */
bool depth__fits(const struct depth *depth, unsigned int done, double rounds_s, double elapsed_s);

/*
 * When to stop what is not needed for a figure of each cell, in seconds after the run began: half
 * as much again as it promised, which is the time given or, if more, the least time. 0: never,
 * because no time was given, or the number of rounds was.
 */
double depth__deadline_s(const struct depth *depth);

/* The timeout of the watchdog for one measurement of the cell. */
unsigned int depth__timeout_ms(const struct depth *depth, const struct cell *cell);

#endif
