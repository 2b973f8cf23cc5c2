/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A against B at once: the same workload in two configurations, with two parameters, or under two
 * settings of the host, as twins that take turns. Pairs of fresh VMs are added until it is decided.
 *
 * The replicate is the pair, its figure the median log-ratio over its alternations. After 12, 16, 24,
 * 36 … pairs the signed rank test is made, at AB_ALPHA / AB_MAX_LOOKS each, so that all looks together
 * call a difference that is none in at most AB_ALPHA of cases; besides, a difference has to be larger
 * than the threshold to be called one.
 */
#ifndef HVBENCH_AB_H
#define HVBENCH_AB_H

#include <jansson.h>
#include <signal.h>
#include <stdint.h>

#include "bench/backends/backend.h"
#include "bench/base/error.h"
#include "bench/base/verdicts.h"
#include "bench/host/setting.h"
#include "bench/measure/checkpoint.h"
#include "bench/plan/plan.h"

#define AB_ALPHA	0.002
#define AB_MAX_LOOKS	12
#define AB_FIRST_LOOK	12	/* pairs; with fewer nothing is tested, and there is no p */
#define AB_THRESHOLD	0.0025
/*
 * Short samples, since twins are told apart by what lies between two neighbours, and many: where the host
 * is busy some of them are lost. A pair takes 10 ms, its two VMs some 10 more.
 */
#define AB_SAMPLE_NS	50000
#define AB_ALTERNATIONS	100
#define AB_TIMEOUT_MS	20000

struct ab_side {
	char label[1024];		/* as given */
	struct cell cell;
	struct host_settings host;
};

struct ab_options {
	const volatile sig_atomic_t *stop;
	void (*say)(void *arg, const char *text);	/* why it waits; NULL: nobody is told */
	void (*progress)(void *arg, const char *workload, size_t pairs, double elapsed_s);
	void *arg;
	double time_s;			/* for each workload */
	double threshold;		/* as a fraction, AB_THRESHOLD by default */
	uint64_t seed;
	const char *payload;
	uint64_t begin_ns;		/* of the whole run */
	struct checkpoint *checkpoint;	/* where pairs are kept while there are to be more; or NULL */
};

/*
 * "KEY=VALUE[,KEY=VALUE…]" on top of the base cell: configuration keys, parameters of its workload,
 * ring, or paths below /sys and /proc/sys.
 */
int ab__parse_side(struct ab_side *side, const struct cell *base, const char *text, struct error *err);

/*
 * One workload. Adds its outcome to the document's "ab" (array). -errno: nothing could be measured.
 * Settings of the host are restored, whatever happens; -ENOTRECOVERABLE: one refuses what it was. There may be
 * an outcome all the same.
 */
int ab__run(const struct ab_side side[2], const struct ab_options *opts, json_t *doc,
	    enum verdict *verdict, struct error *err);

/*
 * The look at which it would be decided if pairs go on like these, later than now; NAN: nobody knows, or it
 * would take more pairs than are ever measured.
 */
double ab__pairs_needed(const double *log_ratios, size_t nr, double threshold);
/* Of B against A, of times an operation; of operations that move another amount of memory, of times a byte. */
double ab__log_ratio(const struct ab_side side[2], double log_ratio);
/* The decision alone, over the pairs so far. For tests and benchmarks. */
enum verdict ab__decide(const double *log_ratios, size_t nr, double threshold, double *p);
/* Whether to look after `nr` pairs. */
bool ab__is_look(size_t nr);

#endif
