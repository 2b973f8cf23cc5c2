// SPDX-License-Identifier: GPL-2.0-or-later
/* Verdicts: see verdict.h. */
#include "verdict.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/inference.h"
#include "base/stats.h"

/* Of the resampling: results are the same each time. */
#define SEED		1

/* The halves of a run differ: at this level, since all it does is to raise the threshold. */
#define DRIFT_ALPHA	0.05

/* Two figures of a counting clock are quotients of whole numbers: less than this is rounding. */
#define ROUNDING	1e-9

/* Nobody waits for more. */
#define MAX_NEEDED	100000

static double shift_to_scale(const struct figure *f, double difference)
{
	return f->logs ? difference : difference / f->scale;
}

/*
 * What the replicates of one side differ by when nothing does: between draws from all of them, and
 * between the first half and the second where those are not alike.
 */
static int add_noise(struct figure *f, const double *values, size_t n, bool of_new)
{
	struct rank_test halves;
	double size, moved;
	int ret;

	ret = inference__null_shift(values, n, f->n, f->m ?: f->n, SHIFT_DIFFERENCE, VERDICT_NOISE_LEVEL, SEED, &size);
	if (!ret)
		ret = inference__mann_whitney(values, n / 2, values + n / 2, n - n / 2, &halves);
	if (ret)
		return ret;
	size *= inference__dependence(values, n);
	f->noise = fmax(f->noise, shift_to_scale(f, size));
	if (halves.p >= DRIFT_ALPHA)
		return 0;
	moved = fabs(shift_to_scale(f, stats__median(values + n / 2, n - n / 2) -
				       stats__median(values, n / 2)));
	f->noise = fmax(f->noise, moved);
	if (moved > f->drift) {
		f->drift = moved;
		f->drift_in_new = of_new;
	}
	return 0;
}

static void set_scale(struct figure *f, double least_scale)
{
	f->scale = fmax(fabs(f->base), least_scale);
	/* Nothing at all to measure it by: then the difference itself. */
	if (!(f->scale > 0))
		f->scale = 1;
}

static const char *name_of_test(const struct rank_test *t, bool paired)
{
	if (paired)
		return t->exact ? "signed rank, exact" : "signed rank, normal";
	return t->exact ? "Mann-Whitney, exact" : "Mann-Whitney, normal";
}

static void set_shift(struct figure *f, const struct shift *shift)
{
	f->shift = shift_to_scale(f, shift->value);
	f->low = shift_to_scale(f, shift->low);
	f->high = shift_to_scale(f, shift->high);
}

static void init(struct figure *f, bool logs)
{
	bool higher_is_better = f->higher_is_better;

	memset(f, 0, sizeof(*f));
	f->higher_is_better = higher_is_better;
	f->logs = logs;
	f->scale = 1;
	f->shift = f->low = f->high = f->p = f->p_holm = f->needed = NAN;
	f->verdict = VERDICT_INCONCLUSIVE;
}

/* Everything from values in the unit in which shifts are; base, new, logs and scale are set. */
static int compare_values(struct figure *f, const double *base, const double *new)
{
	size_t n = f->n, m = f->m;
	struct rank_test test;
	struct shift shift;
	double sx, sy;
	int ret;

	if (!n || !m)
		return 0;
	ret = inference__median_shift(base, n, new, m, SHIFT_DIFFERENCE, VERDICT_LEVEL, SEED, &shift);
	if (ret)
		return ret;
	set_shift(f, &shift);
	if (n < 2 || m < 2)
		return 0;
	ret = inference__mann_whitney(base, n, new, m, &test);
	if (ret)
		return ret;
	f->p = test.p;
	f->test = name_of_test(&test, false);
	sx = inference__spread(base, n);
	sy = inference__spread(new, m);
	f->spread = shift_to_scale(f, sqrt((sx * sx + sy * sy) / 2));
	ret = add_noise(f, base, n, false);
	return ret ?: add_noise(f, new, m, true);
}

/* NULL: not all are positive, or out of memory (then *ret says so). */
static double *logs_of(const double *values, size_t n, int *ret)
{
	double *logs = calloc(n + 1, sizeof(*logs));

	*ret = logs ? 0 : -ENOMEM;
	for (size_t i = 0; logs && i < n; i++) {
		if (!(values[i] > 0)) {
			free(logs);
			return NULL;
		}
		logs[i] = log(values[i]);
	}
	return logs;
}

int figure__compare(struct figure *f, const double *base, size_t n, const double *new, size_t m,
		    double least_scale)
{
	double *log_base, *log_new = NULL;
	int ret;

	init(f, false);
	f->n = n;
	f->m = m;
	f->base = stats__median(base, n);
	f->new = stats__median(new, m);
	set_scale(f, least_scale);
	if (f->scale > fabs(f->base))
		return compare_values(f, base, new);
	log_base = logs_of(base, n, &ret);
	if (log_base)
		log_new = logs_of(new, m, &ret);
	f->logs = log_base && log_new;
	if (!ret)
		ret = compare_values(f, f->logs ? log_base : base, f->logs ? log_new : new);
	free(log_base);
	free(log_new);
	return ret;
}

int figure__compare_ratios(struct figure *f, const double *base, size_t n, const double *new, size_t m)
{
	init(f, true);
	f->n = n;
	f->m = m;
	f->base = exp(stats__median(base, n));
	f->new = exp(stats__median(new, m));
	return compare_values(f, base, new);
}

int figure__compare_pairs(struct figure *f, const double *log_ratios, size_t n)
{
	struct rank_test test;
	struct shift shift;
	int ret;

	init(f, true);
	f->n = n;
	if (!n)
		return 0;
	ret = inference__median(log_ratios, n, VERDICT_LEVEL, SEED, &shift);
	if (ret)
		return ret;
	f->base = 1;
	f->new = exp(shift.value);
	set_shift(f, &shift);
	if (n < 2)
		return 0;
	ret = inference__signed_rank(log_ratios, n, &test);
	if (ret)
		return ret;
	f->p = test.p;
	f->test = name_of_test(&test, true);
	f->spread = inference__spread(log_ratios, n);
	/* One median varies as a shift between two does, over the square root of 2. */
	ret = add_noise(f, log_ratios, n, false);
	f->noise = f->drift > 0 ? f->noise : f->noise / M_SQRT2;
	return ret;
}

void figure__compare_exact(struct figure *f, const double base[2], const double new[2])
{
	double minimum = new[0] - base[0], median = new[1] - base[1];

	init(f, false);
	f->exact = true;
	f->test = "exact";
	f->base = base[1];
	f->new = new[1];
	set_scale(f, 0);
	/* The median is what is shown; where only the minima differ, that is the difference. */
	f->shift = shift_to_scale(f, fabs(median) > ROUNDING * f->scale ? median : minimum);
	if (fabs(f->shift) <= ROUNDING)
		f->shift = 0;
	f->low = f->high = f->shift;
}

static double floor_of(const struct figure *f, const struct verdict_rules *rules)
{
	return f->logs ? log1p(rules->floor) : rules->floor;
}

static enum verdict direction(const struct figure *f)
{
	return (f->shift > 0) != f->higher_is_better ? VERDICT_SLOWER : VERDICT_FASTER;
}

static enum verdict judge(const struct figure *f, const struct verdict_rules *rules)
{
	if (isnan(f->shift))
		return VERDICT_INCONCLUSIVE;
	if (f->exact)
		return fabs(f->shift) > f->floor ? direction(f) : VERDICT_SAME;
	if (f->p_holm < rules->alpha && fabs(f->shift) > fmax(f->floor, f->noise))
		return direction(f);
	return f->low > -f->floor && f->high < f->floor ? VERDICT_SAME : VERDICT_INCONCLUSIVE;
}

/* Either way to a verdict: the shift stands out, or it is shown to be small. */
static double needed(const struct figure *f, const struct verdict_rules *rules, size_t tests)
{
	double alpha = rules->alpha / (double)(tests ?: 1), size = fabs(f->shift), n;

	if (isnan(f->p))
		return (double)(f->m ? inference__n_least(alpha) : inference__n_least_paired(alpha));
	if (size > f->floor)
		n = inference__n_to_detect(size, f->spread, alpha, VERDICT_POWER);
	else
		n = inference__n_to_exclude(size, f->floor, f->spread, VERDICT_LEVEL, VERDICT_POWER);
	if (!f->m && isfinite(n))
		/* One set of values against 0 takes half as many as two against each other. */
		n = fmax(ceil(n / 2), size > f->floor ? (double)inference__n_least_paired(alpha) : 2);
	return n > MAX_NEEDED ? INFINITY : n;
}

int figures__judge(struct figure **figures, size_t nr, const struct verdict_rules *rules)
{
	double *p = calloc(nr + 1, sizeof(*p));
	size_t tests = 0;
	int ret;

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		p[i] = figures[i] ? figures[i]->p : NAN;
		tests += !isnan(p[i]);
	}
	ret = inference__holm(p, nr, p);
	for (size_t i = 0; i < nr && !ret; i++) {
		struct figure *f = figures[i];

		if (!f)
			continue;
		f->p_holm = p[i];
		f->floor = floor_of(f, rules);
		f->verdict = judge(f, rules);
		if (f->verdict == VERDICT_INCONCLUSIVE)
			f->needed = needed(f, rules, tests);
	}
	free(p);
	return ret;
}

double figure__relative(const struct figure *f, double shift)
{
	return f->logs ? expm1(shift) : shift;
}

const char *verdict__name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_SAME] = "same", [VERDICT_SLOWER] = "slower", [VERDICT_FASTER] = "faster",
		[VERDICT_INCONCLUSIVE] = "inconclusive",
	};

	return names[verdict];
}
