/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a plan: rounds of fresh VMs, the cells interleaved in random order from a seed. Gives a
 * document.
 */
#ifndef HVBENCH_RUNNER_H
#define HVBENCH_RUNNER_H

#include <jansson.h>
#include <signal.h>

#include "bench/base/error.h"
#include "bench/measure/checkpoint.h"
#include "bench/measure/depth.h"
#include "bench/plan/plan.h"

struct runner_progress {
	size_t done, total; /* measurements */
	unsigned int round, rounds;
	const struct cell *cell; /* being measured now; NULL: calibrating */
	double left_s;		 /* estimate; negative: none yet */
};

struct runner_options {
	const volatile sig_atomic_t *stop; /* non-zero: finish this measurement and save what
						 * there is */
	void (*progress)(const struct runner_progress *p, void *arg);
	void *arg;
	const char *payload; /* used instead of the embedded one */
	struct depth_options depth;
	uint64_t ops_per_sample;       /* 0: calibrated */
	struct checkpoint *checkpoint; /* where to save what is measured meanwhile; or NULL */
};

struct runner_summary {
	size_t ok, failed, skipped; /* cells */
	bool interrupted, late;	    /* late: not all was done, because it took too long */
	double duration_s;
};

/*
 * -ENODEV, -ENOENT, -EACCES …: none of the cells can run on this host; the message says what to do.
 * Otherwise *doc is a complete result document, whatever became of its cells.
 */
int runner__run(const struct plan *plan, const struct runner_options *opts, json_t **doc,
		struct runner_summary *summary, struct error *err);

#endif
