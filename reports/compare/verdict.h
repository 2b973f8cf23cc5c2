/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts: is one set of replicates slower than another, faster, the same, or can it not be told?
 *
 * A replicate is the median of a round (a fresh VM) or the log-ratio of a pair of twins; samples of one
 * VM are correlated and no replicates. A figure is slower or faster if
 *   - ranks say so: p, corrected for the other figures of the same comparison, is below alpha; and
 *   - it matters: the shift is beyond the practical threshold, the larger of a floor that the user sets
 *     and the A/A noise of this figure: what all but 2 of 1000 shifts between two draws from the same
 *     replicates stay below, widened where neighbouring rounds are alike (then there are fewer independent
 *     ones than it seems); or, where the level moved within a run (its first half against its second),
 *     that movement; or what two runs of one program are known to differ by, where the kernel's own state is in it.
 * It is the same if the whole 95 % interval of the shift lies within the floor; the noise does not widen
 * that, since a noisy figure is not one that was shown to be the same. All else is inconclusive. With
 * fewer than five replicates on a side (six pairs) an interval does not reach 95 %, and there is none.
 *
 * Under a counting clock figures are exact, and any difference beyond the floor is one.
 */
#ifndef HVBENCH_VERDICT_H
#define HVBENCH_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/base/verdicts.h"

#define VERDICT_LEVEL	0.95	/* of intervals */
#define VERDICT_NOISE_LEVEL 0.998	/* of A/A noise */
#define VERDICT_POWER	0.8	/* with which the rounds that are said to decide do */

/*
 * Fewer replicates on a side, and how many would decide cannot be told: two against two are as far apart as they can
 * be in a third of all cases where nothing differs, and of what was said to be enough by them none in 100 decided.
 */
#define VERDICT_LEAST_TO_EXTRAPOLATE	5

struct verdict_rules {
	double floor;		/* relative: 0.02 is 2 % */
	double alpha;		/* family-wise */
};

struct figure {
	enum verdict verdict;	/* same, slower, faster or inconclusive */
	bool exact;		/* no statistics: a counting clock */
	bool higher_is_better;	/* never of ratios: they are of what an operation takes */
	const char *test;	/* "Mann-Whitney, exact" …; NULL: none was possible */
	size_t n, m;		/* replicates of base and new; pairs: n, and m is 0 */
	double base, new;	/* medians in the unit of the values; of log-ratios their exp() */
	/* Log-ratios, if `logs`; else differences relative to `scale`. figure__relative() for people. */
	bool logs;
	double scale;
	double shift, low, high;	/* of the two medians above; low and high NAN: too few replicates */
	double spread;		/* of single replicates, as a standard deviation */
	double p, p_holm;	/* NAN: no test */
	double floor, noise;
	double between;		/* set by the caller: what two runs of one thing are known to differ by; 0: nothing */
	double drift;		/* within one of the runs, 0: none was found */
	bool drift_in_new;
	/*
	 * Of inconclusive ones: replicates a side in all that would decide if they go on like these, by what
	 * stands in the way now (p, the noise, the width of the interval), always more than there are.
	 * INFINITY: more than 1000; NAN: unknown.
	 */
	double needed;
};

/*
 * Fills a figure but for p_holm, verdict and `needed` from replicates in the order they were measured.
 * Positive ones are compared by their ratio. Others, and those whose median in the base is below
 * `least_scale` (an operation that costs next to nothing has no meaningful percentage of its own), by
 * their difference relative to the larger of median and `least_scale`. -ENOMEM.
 */
int figure__compare(struct figure *f, const double *base, size_t n, const double *new, size_t m,
		    double least_scale);
/* The same for replicates that are log-ratios to a reference. */
int figure__compare_ratios(struct figure *f, const double *base, size_t n, const double *new, size_t m);
/* The same for the two figures of a counting clock, compared exactly. */
void figure__compare_exact(struct figure *f, double base, double new);

/*
 * Corrects the p values of all figures of a comparison together and gives the verdicts. `figures` may
 * hold NULLs. -ENOMEM.
 */
int figures__judge(struct figure **figures, size_t nr, const struct verdict_rules *rules);

/* A relative shift for people: of log-ratios exp() - 1, else as it is. */
double figure__relative(const struct figure *f, double shift);

#endif
