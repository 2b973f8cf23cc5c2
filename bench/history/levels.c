// SPDX-License-Identifier: GPL-2.0-or-later
/* A cell's figures over time, and what their changes say: see levels.h. */
#include "bench/history/levels.h"

#include <math.h>
#include <stdlib.h>

#include "bench/base/alloc.h"
#include "bench/base/inference.h"
#include "bench/base/stats.h"

static bool use_ratio(const struct history_series *s, enum trend_figure figure)
{
	if (figure != TREND_AUTO)
		return figure == TREND_RATIO;
	for (size_t i = 0; i < s->nr; i++)
		if (isnan(s->points[i].ratio))
			return false;
	return s->nr > 0;
}

void values__init(struct values *v, const struct history_series *s, enum trend_figure figure)
{
	v->v = alloc__need_zeroed(s->nr + 1, sizeof(*v->v));
	v->at = alloc__need_zeroed(s->nr + 1, sizeof(*v->at));
	v->nr = 0;
	v->ratio = use_ratio(s, figure);
	v->logs = true;
	for (size_t i = 0; i < s->nr; i++) {
		double value = v->ratio ? s->points[i].ratio : s->points[i].p50;

		if (!isfinite(value))
			continue;
		v->logs = v->logs && (v->ratio || value > 0);
		v->at[v->nr] = i;
		v->v[v->nr++] = value;
	}
	for (size_t i = 0; i < v->nr && v->logs && !v->ratio; i++)
		v->v[i] = log(v->v[i]);
}

void values__destroy(struct values *v)
{
	free(v->v);
	free(v->at);
}

double values__shown(const struct values *v, double value)
{
	return v->logs ? exp(value) : value;
}

double values__relative(const struct values *v, double before, double after)
{
	if (v->logs)
		return expm1(after - before);
	return before != 0 ? (after - before) / fabs(before) : after - before;
}

double values__least_move(const struct values *v, double floor)
{
	double median;

	if (v->logs)
		return log1p(floor);
	median = fabs(stats__median(v->v, v->nr));
	return floor * (isfinite(median) && median > 0 ? median : 1);
}

bool values__higher_is_better(const struct history_series *s, const struct values *v)
{
	return s->higher_is_better && !v->ratio;
}

double levels__t_quantile(double p, double df)
{
	double z = inference__normal_quantile(p), z2 = z * z;
	double g1 = (z2 + 1) * z / 4, g2 = ((5 * z2 + 16) * z2 + 3) * z / 96;
	double g3 = (((3 * z2 + 19) * z2 + 17) * z2 - 15) * z / 384;

	return z + g1 / df + g2 / (df * df) + g3 / (df * df * df);
}

/* By how much the time of an operation changed where a level did, and how far that is known. */
struct cost_move {
	double shift, noise; /* logarithms; NAN: not known */
};

/* `c` is a change between the values `from` and `to`. */
static struct cost_move cost_move(const struct history_series *s, const struct values *v,
				  const struct changepoint *c, size_t from, size_t to, double alpha)
{
	double *times = alloc__need_zeroed(to - from + 1, sizeof(*times)), error;
	size_t nr[2] = { c->at - from, to - c->at };
	const double *after = times + nr[0];
	struct cost_move move;

	for (size_t i = from; i < to; i++)
		times[i - from] = log(s->points[v->at[i]].p50) * (s->higher_is_better ? -1 : 1);
	move.shift = stats__median(after, nr[1]) - stats__median(times, nr[0]);
	error = hypot(inference__spread(times, nr[0]) / sqrt((double)nr[0]),
		      inference__spread(after, nr[1]) / sqrt((double)nr[1]));
	move.noise =
		levels__t_quantile(1 - alpha / 2, (double)(to - from) - 2) * error * sqrt(M_PI_2);
	free(times);
	return move;
}

enum verdict levels__judge(const struct history_series *s, const struct values *v,
			   const struct changepoint *c, size_t from, size_t to,
			   const struct trend_options *options, json_t **why)
{
	struct cost_move cost = cost_move(s, v, c, from, to, options->alpha);
	double seen = c->after - c->before, limit = fmax(log1p(options->floor), cost.noise);
	enum verdict verdict = (seen > 0) != values__higher_is_better(s, v) ? VERDICT_SLOWER :
									      VERDICT_FASTER;

	*why = NULL;
	if (!v->ratio || !(fabs(seen - cost.shift) > limit))
		return verdict;
	if (fabs(cost.shift) <= limit) {
		*why = json_sprintf("its cost is the same (%+.1f %%): what moved is its reference",
				    100 * expm1(cost.shift));
		return VERDICT_SAME;
	}
	if (cost.shift * seen > 0)
		return verdict;
	*why = json_sprintf("its cost moved the other way (%+.1f %%): its reference moved more",
			    100 * expm1(cost.shift));
	return VERDICT_INCONCLUSIVE;
}
