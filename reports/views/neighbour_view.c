// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/neighbour_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/stats.h"
#include "bench/result/doc.h"
#include "reports/compare/verdict.h"

/*
 * Effects of one VM on another below this are not shown: cells of one run differ by as much.
 */
#define FLOOR 0.10
#define ALPHA 0.01

static bool is_alone(const json_t *cell)
{
	const char *neighbour = doc__text(cell, "config.neighbour");

	return !neighbour || !*neighbour || !strcmp(neighbour, "none");
}

static bool same_but_for_it(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "workload", "params", "ring", "backend" };
	json_t *x, *y;
	bool same = true;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *p = json_object_get(a, keys[i]), *q = json_object_get(b, keys[i]);

		same &= p == q || (p && q && json_equal(p, q));
	}
	x = json_copy((json_t *)json_object_get(a, "config"));
	y = json_copy((json_t *)json_object_get(b, "config"));
	for (int i = 0; i < 2; i++) {
		json_object_del(i ? y : x, "name");
		json_object_del(i ? y : x, "neighbour");
	}
	same = same && x && y && json_equal(x, y);
	json_decref(x);
	json_decref(y);
	return same;
}

/* The median of each round's samples; *n of them. The caller frees it. */
static double *medians_of(const json_t *cell, size_t *n)
{
	const json_t *rounds = json_object_get(cell, "rounds"), *round;
	double *medians = alloc__need_zeroed(json_array_size(rounds) + 1, sizeof(*medians));
	size_t i;

	*n = 0;
	json_array_foreach(rounds, i, round) {
		const json_t *samples = json_object_get(round, "samples"), *sample;
		double *values = alloc__need_zeroed(json_array_size(samples) + 1, sizeof(*values));
		size_t k, nr = 0;

		json_array_foreach(samples, k, sample)
			if (json_is_number(sample))
				values[nr++] = json_number_value(sample);
		if (nr)
			medians[(*n)++] = stats__median(values, nr);
		free(values);
	}
	return medians;
}

static void judge(struct neighbour_effect *e, const json_t *alone, const json_t *cell)
{
	const struct verdict_rules rules = { .floor = FLOOR, .alpha = ALPHA };
	struct resamples_cache *cache = resamples_cache__new();
	struct figure f = { .verdict = VERDICT_INCONCLUSIVE }, *one = &f;
	double *base, *new, ratio;
	size_t n, m;

	base = medians_of(alone, &n);
	new = medians_of(cell, &m);
	if (cache && base && new &&n &&m) {
		ratio = stats__median(new, m) / stats__median(base, n);
		if (!figure__compare(cache, &f, base, n, new, m, 1) &&
		    !figures__judge(&one, 1, &rules)) {
			e->ratio = ratio;
			e->verdict = f.verdict;
		}
	}
	free(base);
	free(new);
	resamples_cache__free(cache);
}

struct neighbour_effect neighbour_view__effect(const json_t *doc, const json_t *cell)
{
	struct neighbour_effect e = { .ratio = NAN, .verdict = VERDICT_INCONCLUSIVE };
	const json_t *other;
	size_t i;

	if (is_alone(cell))
		return e;
	json_array_foreach(json_object_get(doc, "cells"), i, other) {
		if (!is_alone(other) || !same_but_for_it(other, cell))
			continue;
		judge(&e, other, cell);
		break;
	}
	return e;
}
