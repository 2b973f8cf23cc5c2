/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts: is one set of replicates slower than another, faster, the same, or can it not be
 * decided?
 *
 * A replicate is the median of a round (a fresh VM) or the log-ratio of a pair of twins; samples of
 * one VM are correlated and so are not replicates. A figure is slower or faster if
 *  - the ranks say so: p, corrected for the other figures of the same comparison, is below alpha;
 *    and
 *  - it matters: the shift exceeds the practical threshold. That is the largest of: a floor that
 *    the user sets; the A/A noise of this figure (the size that all but 2 of 1000 shifts between
 *    two draws from the same replicates stay below, widened where neighbouring rounds are alike,
 *    since then there are fewer independent ones than it seems); the movement within a run, where
 *    its first half differs from its second; and the difference known between two runs of the same
 *    program, where the kernel's own state affects it. It is the same if the whole 95 % interval of
 *    the shift lies within the floor. Noise does not widen the floor: a noisy figure has not been
 *    shown to be the same. Everything else is inconclusive. With fewer than five replicates on a
 *    side (six pairs) an interval does not reach 95 %, and there is none.
 *
 * With an instruction-counting clock figures are exact, and any difference above the floor counts.
 */
#ifndef HVBENCH_VERDICT_H
#define HVBENCH_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/base/resamples.h"
#include "bench/base/verdicts.h"

#define VERDICT_LEVEL	    0.95  /* of intervals */
#define VERDICT_NOISE_LEVEL 0.998 /* of A/A noise */
#define VERDICT_POWER \
	0.8 /* the probability with which the suggested number of rounds
				 * decides */

/*
 * With fewer replicates on a side the number that would decide cannot be estimated: two against two
 * are as far apart as possible in a third of all cases without any change, and of the numbers
 * estimated from them none in 100 decided.
 */
#define VERDICT_LEAST_TO_EXTRAPOLATE 5

struct verdict_rules {
	double floor; /* relative: 0.02 is 2 % */
	double alpha; /* family-wise */
};

struct figure {
	enum verdict verdict;  /* same, slower, faster or inconclusive */
	bool exact;	       /* compared without statistics: a counting clock */
	bool higher_is_better; /* never for ratios: those are of the time an operation takes */
	const char *test;      /* "Mann-Whitney, exact" …; NULL: none was possible */
	size_t n, m;	       /* replicates of base and new; pairs: n, and m is 0 */
	double base, new;      /* medians in the values' unit; for log-ratios their exp() */
	/*
	 * Log-ratios, if `logs`; else differences relative to `scale`. To show them use
	 * figure__relative().
	 */
	bool logs;
	double scale;
	double shift, low, high; /* of the two medians above; low and high are NAN with too
					 * few replicates */
	double spread;		 /* of single replicates, as a standard deviation */
	double p, p_holm;	 /* NAN: no test, or one that could not reach alpha */
	double floor, noise;	 /* noise is NAN where there was no test */
	double least_floor; /* set by the caller, relative: the floor of this figure where that of
			     * the rules is smaller; 0: that of the rules */
	double between;	    /* set by the caller: how far two runs of the same thing are known
				 * to differ; 0: not at all */
	double drift;	    /* within one of the runs; 0: none was found */
	bool drift_in_new;
	/*
	 * For inconclusive ones: how many replicates per side in all would decide if further ones
	 * are like these, given what prevents a decision now (p, the noise, the width of the
	 * interval); always more than there are. INFINITY: more than 1000; NAN: unknown.
	 */
	double needed;
	bool too_few; /* `needed` is the least number that might decide, not an estimate */
};

/*
 * Fills a figure except for p_holm, verdict and `needed`, from replicates in the order in which
 * they were measured. Positive ones are compared by their ratio. Others, and those whose median in
 * the base is below `least_scale` (the percentage of an operation that costs next to nothing means
 * little), are compared by their difference relative to the larger of the median and `least_scale`.
 * `cache` keeps what is drawn at random for the next figure. -ENOMEM.
 */
int figure__compare(struct resamples_cache *cache, struct figure *f, const double *base, size_t n,
		    const double *new, size_t m, double least_scale);
/* The same for replicates that are log-ratios to a reference. */
int figure__compare_ratios(struct resamples_cache *cache, struct figure *f, const double *base,
			   size_t n, const double *new, size_t m);
/* The same for two figures of an instruction-counting clock, compared exactly. */
void figure__compare_exact(struct figure *f, double base, double new);

/*
 * Corrects the p values of all figures of a comparison together, and gives the verdicts. `figures`
 * may hold NULLs. -ENOMEM.
 */
int figures__judge(struct figure **figures, size_t nr, const struct verdict_rules *rules);

/* A relative shift to show: exp() - 1 for log-ratios, else unchanged. */
double figure__relative(const struct figure *f, double shift);

#endif
