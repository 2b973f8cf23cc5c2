/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How deep a run goes: rounds, samples a round and how long a sample is, from the time there is for all of
 * it, the twins and the observed rounds included; and how long it will take, which is an estimate by what there
 * is to do on an idle host.
 *
 * More time makes more rounds, since the round is what is replicated, and where there are as many as a
 * result holds (DEPTH_MAX_ROUNDS, DEPTH_MAX_VALUES) longer ones. Less time makes them shorter, down to
 * DEPTH_MIN_SAMPLES, and then fewer, down to DEPTH_MIN_ROUNDS. Rounds that --rounds or the job names are
 * kept. What differs more from VM to VM than from sample to sample is measured in several VMs a round, with so
 * many fewer samples in each: that takes little more time, and there are as many more replicates. The estimate may be wrong by a factor: with a time the runner ends by the clock when another round
 * would not fit.
 */
#ifndef HVBENCH_DEPTH_H
#define HVBENCH_DEPTH_H

#include <stdbool.h>

#include "bench/backends/backend.h"
#include "bench/plan/plan.h"

#define DEPTH_MIN_SAMPLES	10
#define DEPTH_MIN_ROUNDS	2
#define DEPTH_MAX_ROUNDS	10000
#define DEPTH_MAX_VALUES	(8u << 20)	/* raw samples of a whole result */

/* Rounds of a cell that are observed by probes, behind the timed ones: of its exits, of what is around them. */
#define OBSERVED_ROUNDS		2
#define CONTEXT_ROUNDS		1

struct depth_options {
	bool icount;			/* the clock counts instructions */
	bool no_probes;			/* no observed rounds */
	unsigned int samples;		/* 0: by the time there is */
	unsigned int timeout_ms;	/* of one measurement; 0: by what it has to do */
};

struct depth {
	const struct plan *plan;
	struct depth_options opts;
	unsigned int rounds;		/* of all cells; depth__visits() of each in one */
	unsigned int most_rounds;	/* the same, or more where they turn out to be quicker than thought */
	struct measure_request req;	/* target_ns, samples, singles, single_budget_ns are set */
	bool spread;			/* rounds are of several VMs where that is worth it */
};

void depth__choose(struct depth *depth, const struct plan *plan, const struct depth_options *opts);

/* Fresh VMs of the cell in one round of all cells; those of the whole run, at most. */
unsigned int depth__visits(const struct depth *depth, const struct cell *cell);
unsigned int depth__most_visits(const struct depth *depth, const struct cell *cell);
/* The most rounds that a cell has, where none has fewer than `rounds`. */
unsigned int depth__widest(const struct depth *depth);
/* What one of them is asked for: its part of the samples. */
struct measure_request depth__request(const struct depth *depth, const struct cell *cell);

/* Estimates in seconds: of all that is done for one cell; of the observed rounds of all; of the whole run. */
double depth__cell_s(const struct depth *depth, const struct cell *cell);
double depth__observed_s(const struct depth *depth);
double depth__run_s(const struct depth *depth);
/* What the plan takes at its least, whatever --time says. */
double depth__least_s(const struct plan *plan, const struct depth_options *opts);

/*
 * Whether there is time for another round of all cells, after `done` that took `rounds_s`, `elapsed_s` after the
 * run began. Always, where no time was asked for or the rounds were.
 */
bool depth__fits(const struct depth *depth, unsigned int done, double rounds_s, double elapsed_s);

/* For the watchdog of one measurement of the cell. */
unsigned int depth__timeout_ms(const struct depth *depth, const struct cell *cell);

#endif
