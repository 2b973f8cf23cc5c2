/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A against B at once: the same workload in two configurations, with two parameters, or under two
 * settings of the host, as twins that take turns. Pairs of fresh VMs are added until there is a
 * decision.
 *
 * The replicate is the pair, its figure the median log-ratio over its alternations. After 12, 16,
 * 24, 36 … pairs, and when the time is up, the signed rank test is made, at AB_ALPHA / AB_MAX_LOOKS
 * each, so that all looks together report a difference where there is none in at most AB_ALPHA of
 * cases. Besides, a difference is reported only if it is larger than the threshold.
 */
#ifndef HVBENCH_AB_TWINS_H
#define HVBENCH_AB_TWINS_H

#include <jansson.h>
#include <signal.h>
#include <stdint.h>

#include "bench/backends/backend.h"
#include "bench/base/error.h"
#include "bench/base/verdicts.h"
#include "bench/host/setting.h"
#include "bench/measure/checkpoint.h"
#include "bench/plan/plan.h"

#define AB_ALPHA      0.002
#define AB_MAX_PAIRS  10000
#define AB_MAX_LOOKS  18 /* those until AB_MAX_PAIRS, and one more where the time is up */
#define AB_FIRST_LOOK 12 /* pairs; with fewer there is no test, and no p */
#define AB_THRESHOLD  0.0025
/*
 * Samples are short, since twins are compared between neighbouring samples, and many, because a
 * busy host spoils some of them. A pair takes 10 ms, its two VMs some 10 more.
 */
#define AB_SAMPLE_NS	50000
#define AB_ALTERNATIONS 100
#define AB_TIMEOUT_MS	20000
/* CPU time has no neighbouring samples: a difference up to this is none. */
#define AB_CPU_THRESHOLD 0.01
#define AB_CPU_PAIRS	 16

struct ab_side {
	char label[1024]; /* as the user wrote it */
	struct cell cell;
	struct host_settings host;
};

struct ab_options {
	const volatile sig_atomic_t *stop;
	void (*say)(void *arg, const char *text); /* called with the reason for waiting; or
							 * NULL */
	void (*progress)(void *arg, const char *workload, size_t pairs, double elapsed_s);
	void *arg;
	const char *command; /* named in messages; NULL: run */
	double time_s;	     /* for each workload */
	double threshold;    /* as a fraction, AB_THRESHOLD by default */
	/*
	 * Each side in VMs of its own, one after the other, instead of twins that take turns; also
	 * measures what twins cannot (ab_apart.h).
	 */
	bool apart;
	bool cpu; /* also measures CPU time an operation, by AB_CPU_PAIRS pairs apart */
	uint64_t seed;
	const char *payload;
	uint64_t begin_ns;	       /* of the whole run */
	struct checkpoint *checkpoint; /* where the pairs so far are saved while more are
					 * measured; or NULL */
};

/*
 * "KEY=VALUE[,KEY=VALUE…]", changes to the base cell: configuration keys, parameters of its
 * workload, ring, or paths below /sys and /proc/sys.
 */
int ab__parse_side(struct ab_side *side, const struct cell *base, const char *text,
		   struct error *err);

/*
 * Measures one workload and adds its outcome to the document's "ab" (array). -errno: nothing could
 * be measured. Settings of the host are restored, whatever happens; -ENOTRECOVERABLE: one could not
 * be. There may be an outcome all the same.
 */
int ab__run(const struct ab_side side[2], const struct ab_options *opts, json_t *doc,
	    enum verdict *verdict, struct error *err);

/*
 * The number of pairs, more than now, at which it would be decided if the next pairs are like
 * these; NAN: cannot be estimated, as before the first look, or more pairs than are ever measured.
 */
double ab__pairs_needed(const double *log_ratios, size_t nr, double threshold);
/*
 * B against A, in time per operation or, if the two sides move different amounts of memory, per
 * byte.
 */
double ab__log_ratio(const struct ab_side side[2], double log_ratio);
/* Only the decision, from the pairs so far. For tests and benchmarks. */
enum verdict ab__decide(const double *log_ratios, size_t nr, double threshold, double *p);
/* Whether to test after `nr` pairs. */
bool ab__is_look(size_t nr);

#endif
