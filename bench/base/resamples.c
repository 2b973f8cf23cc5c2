// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Resamples: see resamples.h.
 *
 * Sources: H. A. David and H. N. Nagaraja, "Order statistics", 2.3 (an order statistic of uniforms
 * is a beta variate); G. Marsaglia and W. W. Tsang, ACM TOMS 26(3), 2000 (gamma variates).
 */
#include "bench/base/resamples.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/stats.h"

static double draw_normal(struct rng *rng)
{
	double u, v, s;

	do {
		u = 2 * rng__uniform(rng) - 1;
		v = 2 * rng__uniform(rng) - 1;
		s = u * u + v * v;
	} while (s >= 1 || s == 0);
	return u * sqrt(-2 * log(s) / s);
}

/* Needs shape >= 1. */
static double draw_gamma(struct rng *rng, double shape)
{
	double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d), x, v;

	for (;;) {
		x = draw_normal(rng);
		v = 1 + c * x;
		if (v <= 0)
			continue;
		v = v * v * v;
		if (log(1 - rng__uniform(rng)) < x * x / 2 + d - d * v + d * log(v))
			return d * v;
	}
}

static double draw_beta(struct rng *rng, double a, double b)
{
	double x = draw_gamma(rng, a);

	return x / (x + draw_gamma(rng, b));
}

static uint32_t at(size_t n, double u)
{
	size_t i = (size_t)(u * (double)n);

	return (uint32_t)(i < n ? i : n - 1);
}

/*
 * The median of `draws` values drawn with replacement from n sorted ones. These are the values at
 * floor(n * U) for as many uniforms, so only the middle order statistics of the uniforms matter:
 * the lower one is a beta variate, and the upper one the minimum of the uniforms that remain above
 * it. The time does not depend on n.
 */
static void draw_median(struct rng *rng, size_t n, size_t draws, uint32_t *low, uint32_t *high)
{
	double lower = (double)((draws + 1) / 2), above = (double)draws - lower, u;

	u = draw_beta(rng, lower, above + 1);
	*low = *high = at(n, u);
	if (draws % 2)
		return;
	u = 1 - (1 - u) * pow(1 - rng__uniform(rng), 1 / above);
	*high = at(n, u);
}

static int compare_medians(const void *pa, const void *pb)
{
	const struct resample *a = pa, *b = pb;

	return memcmp(a->median, b->median, sizeof(a->median));
}

static struct resamples *draw(const struct resamples_of *of)
{
	struct resamples *set = alloc__need_zeroed(1, sizeof(*set) + of->nr * sizeof(set->list[0]));
	struct rng rng;

	set->of = *of;
	rng__seed(&rng, of->seed);
	for (size_t i = 0; i < of->nr; i++) {
		struct resample *one = &set->list[i];

		for (int side = 0; side < 2; side++)
			draw_median(&rng, of->sizes[side], of->draws[side], &one->median[side].low,
				    &one->median[side].high);
		one->times = 1;
	}
	/* In any order that brings equal ones together. */
	qsort(set->list, of->nr, sizeof(set->list[0]), compare_medians);
	for (size_t i = 0; i < of->nr; i++) {
		if (set->nr && !compare_medians(&set->list[set->nr - 1], &set->list[i]))
			set->list[set->nr - 1].times++;
		else
			set->list[set->nr++] = set->list[i];
	}
	return set;
}

static bool is_of(const struct resamples *set, const struct resamples_of *of)
{
	return set->of.seed == of->seed && set->of.nr == of->nr &&
	       !memcmp(set->of.sizes, of->sizes, sizeof(of->sizes)) &&
	       !memcmp(set->of.draws, of->draws, sizeof(of->draws));
}

struct resamples_cache *resamples_cache__new(void)
{
	return alloc__need_zeroed(1, sizeof(struct resamples_cache));
}

void resamples_cache__free(struct resamples_cache *cache)
{
	for (size_t i = 0; cache && i < cache->nr; i++)
		free(cache->sets[i]);
	free(cache);
}

const struct resamples *resamples_cache__get(struct resamples_cache *cache,
					     const struct resamples_of *of)
{
	size_t i = 0;

	while (i < cache->nr && !is_of(cache->sets[i], of))
		i++;
	if (i < cache->nr)
		return cache->sets[i];
	if (cache->nr < RESAMPLES_MAX_SETS) {
		cache->nr++;
	} else {
		i = cache->next;
		cache->next = (cache->next + 1) % RESAMPLES_MAX_SETS;
		free(cache->sets[i]);
	}
	cache->sets[i] = draw(of);
	cache->drawn += of->nr;
	return cache->sets[i];
}
