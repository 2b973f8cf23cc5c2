// SPDX-License-Identifier: GPL-2.0-or-later
/* Verdicts: see verdict.h. */
#include "reports/compare/verdict.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/inference.h"
#include "bench/base/stats.h"

/* For resampling, so that results are the same each time. */
#define SEED 1

/*
 * At this level the two halves of a run are said to differ. It may be high, since all this does is
 * raise the threshold.
 */
#define DRIFT_ALPHA 0.05

/*
 * Figures of an instruction-counting clock are quotients of whole numbers: smaller differences are
 * rounding.
 */
#define ROUNDING 1e-9

/* More rounds than this are never suggested. */
#define MAX_NEEDED 1000

/*
 * With fewer replicates on a side the 95 % interval of the shift covers less, whatever the
 * distribution: in 2,000 trials 67 % with two, 90 % with three, 93 % with four, 96.5 % with five.
 */
#define LEAST_FOR_INTERVAL 5

static double shift_to_scale(const struct figure *f, double difference)
{
	return f->logs ? difference : difference / f->scale;
}

/* One side's replicates: as shown, and as used to measure shifts. */
struct side {
	const double *values, *scaled; /* the same, or the logarithms of positive values */
	size_t n;
};

static enum shift_kind kind_of(const struct side *side)
{
	return side->scaled == side->values ? SHIFT_DIFFERENCE : SHIFT_LOG;
}

/*
 * How far replicates of one side differ without any change: between draws from all of them and,
 * where the first half of a run differs from the second, between those.
 */
static int add_noise(struct resamples_cache *cache, struct figure *f, const struct side *side,
		     bool of_new)
{
	const double *values = side->scaled;
	size_t n = side->n;
	struct rank_test halves;
	double size, moved;
	int ret;

	ret = inference__null_shift(cache, side->values, n, f->n, f->m, kind_of(side),
				    VERDICT_NOISE_LEVEL, SEED, &size);
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
	/* If there is nothing to measure it by, use the difference itself. */
	if (!(f->scale > 0))
		f->scale = 1;
}

static const char *name_of_test(const struct rank_test *t)
{
	return t->exact ? "Mann-Whitney, exact" : "Mann-Whitney, normal";
}

static size_t fewest(const struct figure *f)
{
	return f->m < f->n ? f->m : f->n;
}

static void set_shift(struct figure *f, const struct shift *shift)
{
	f->shift = shift_to_scale(f, shift->value);
	if (fewest(f) < LEAST_FOR_INTERVAL)
		return;
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

/* Computes everything except base, new, logs and scale, which are set. */
static int compare_sides(struct resamples_cache *cache, struct figure *f, const struct side *base,
			 const struct side *new)
{
	size_t n = base->n, m = new->n;
	struct rank_test test;
	struct shift shift;
	double sx, sy;
	int ret;

	if (!n || !m)
		return 0;
	ret = inference__median_shift(cache, base->values, n, new->values, m, kind_of(base),
				      VERDICT_LEVEL, SEED, &shift);
	if (ret)
		return ret;
	set_shift(f, &shift);
	if (n < 2 || m < 2)
		return 0;
	ret = inference__mann_whitney(base->values, n, new->values, m, &test);
	if (ret)
		return ret;
	f->p = test.p;
	f->test = name_of_test(&test);
	sx = inference__spread(base->scaled, n);
	sy = inference__spread(new->scaled, m);
	f->spread = shift_to_scale(f, sqrt((sx * sx + sy * sy) / 2));
	ret = add_noise(cache, f, base, false);
	return ret ?: add_noise(cache, f, new, true);
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

int figure__compare(struct resamples_cache *cache, struct figure *f, const double *base, size_t n,
		    const double *new, size_t m, double least_scale)
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
		return compare_sides(cache, f, &(struct side){ base, base, n },
				     &(struct side){ new, new, m });
	log_base = logs_of(base, n, &ret);
	if (log_base)
		log_new = logs_of(new, m, &ret);
	f->logs = log_base && log_new;
	if (!ret)
		ret = compare_sides(cache, f, &(struct side){ base, f->logs ? log_base : base, n },
				    &(struct side){ new, f->logs ? log_new : new, m });
	free(log_base);
	free(log_new);
	return ret;
}

int figure__compare_ratios(struct resamples_cache *cache, struct figure *f, const double *base,
			   size_t n, const double *new, size_t m)
{
	init(f, true);
	f->n = n;
	f->m = m;
	f->base = exp(stats__median(base, n));
	f->new = exp(stats__median(new, m));
	return compare_sides(cache, f, &(struct side){ base, base, n },
			     &(struct side){ new, new, m });
}

void figure__compare_exact(struct figure *f, double base, double new)
{
	init(f, false);
	f->exact = true;
	f->test = "exact";
	f->base = base;
	f->new = new;
	set_scale(f, 0);
	f->shift = shift_to_scale(f, new - base);
	if (fabs(f->shift) <= ROUNDING)
		f->shift = 0;
	f->low = f->high = f->shift;
}

static double floor_of(const struct figure *f, const struct verdict_rules *rules)
{
	double floor = fmax(rules->floor, f->least_floor);

	return f->logs ? log1p(floor) : floor;
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
	if (f->p_holm < rules->alpha && fabs(f->shift) > fmax(f->floor, fmax(f->noise, f->between)))
		return direction(f);
	return f->low > -f->floor && f->high < f->floor ? VERDICT_SAME : VERDICT_INCONCLUSIVE;
}

/* For a shift below the threshold: how many it takes until the interval lies within it. */
static double needed_to_exclude(const struct figure *f, double now)
{
	double size = fabs(f->shift), reach = fmax(f->high - f->shift, f->shift - f->low);
	double n = inference__n_to_exclude(size, f->floor, f->spread, VERDICT_LEVEL, VERDICT_POWER);

	/* Intervals shrink with the square root of the number. */
	if (!isnan(reach))
		n = fmax(n, ceil(now * pow(reach / (f->floor - size), 2)));
	return fmax(n, LEAST_FOR_INTERVAL);
}

/*
 * For one beyond the threshold: how many until the rank test decides and the shift exceeds the
 * noise.
 */
static double needed_to_detect(const struct figure *f, double alpha, double now)
{
	double size = fabs(f->shift),
	       n = inference__n_to_detect(size, f->spread, alpha, VERDICT_POWER);
	/* The least p possible with so few values only says that they are few. */
	bool apart = f->p <= 1.001 * inference__least_p(f->n, f->m);

	/* The spread ignores tails: require that the ranks of these values become decisive too. */
	if (f->p >= alpha && !apart)
		n = fmax(n, ceil(now * pow(inference__normal_quantile(1 - alpha / 2) /
						   inference__normal_quantile(1 - f->p / 2),
					   2)));
	/* More rounds of these two runs do not make more runs. */
	if (f->between >= size)
		return INFINITY;
	if (f->noise >= size)
		n = fmax(n, ceil(now * pow(f->noise / size, 2)));
	return fmax(n, (double)inference__n_least(alpha));
}

/* The least number of the side that has fewer with which there can be a verdict at all. */
static double least_needed(const struct figure *f, double alpha)
{
	size_t most = f->m > f->n ? f->m : f->n, k = LEAST_FOR_INTERVAL;

	while (k <= MAX_NEEDED && inference__least_p(k, most > k ? most : k) >= alpha)
		k++;
	return (double)k;
}

/*
 * So few say nothing about how many it takes; those that cannot be tested say nothing about how
 * many it takes to find a change.
 */
static bool says_nothing(const struct figure *f)
{
	return !f->exact && (fewest(f) < VERDICT_LEAST_TO_EXTRAPOLATE ||
			     (isnan(f->p) && fabs(f->shift) > f->floor));
}

/* Until there is a verdict, either way: the shift stands out, or is shown to be small. */
static double needed(const struct figure *f, const struct verdict_rules *rules, size_t tests)
{
	double alpha = rules->alpha / (double)(tests ?: 1);
	double now = (double)fewest(f), n;

	if (f->too_few)
		n = least_needed(f, alpha);
	else
		n = fabs(f->shift) > f->floor ? needed_to_detect(f, alpha, now) :
						needed_to_exclude(f, now);
	/* The present number did not decide. */
	n = fmax(n, now + 1);
	return n > MAX_NEEDED ? INFINITY : n;
}

/*
 * With so few values that no p below alpha is possible, however far apart they are, nothing was
 * tested: there is no p, and no noise that a change could be measured by.
 */
static void drop_impossible_test(struct figure *f, const struct verdict_rules *rules)
{
	if (f->exact || isnan(f->p) || inference__least_p(f->n, f->m) < rules->alpha)
		return;
	f->p = f->noise = NAN;
	f->test = NULL;
}

int figures__judge(struct figure **figures, size_t nr, const struct verdict_rules *rules)
{
	double *p = calloc(nr + 1, sizeof(*p));
	size_t tests = 0;
	int ret;

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		if (figures[i])
			drop_impossible_test(figures[i], rules);
		p[i] = figures[i] ? figures[i]->p : NAN;
		/* Those that are too few now are tested too, once there are more. */
		tests += figures[i] && !figures[i]->exact && !isnan(figures[i]->shift);
	}
	ret = inference__holm(p, nr, p);
	for (size_t i = 0; i < nr && !ret; i++) {
		struct figure *f = figures[i];

		if (!f)
			continue;
		f->p_holm = p[i];
		f->floor = floor_of(f, rules);
		f->verdict = judge(f, rules);
		f->too_few = says_nothing(f);
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
