// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The replicate is the round, since samples of one VM are correlated: the median is that of the
 * rounds' medians, and so is the interval. Only the other quantiles pool all samples.
 */
#include "bench/result/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/net_cost.h"
#include "bench/base/alloc.h"
#include "bench/base/hist.h"
#include "bench/base/json.h"
#include "bench/base/stats.h"
#include "bench/result/rounds.h"
#include "bench/result/warnings.h"

#define LEVEL 0.95

/*
 * The path is a value that this share of samples took, to the instruction; if fewer than half did
 * there is a warning.
 */
#define PATH_SHARE  0.1
#define PATH_ENOUGH 0.5
#define PATH_ALIKE  1e-9

/* The clock of a measurement: a number of its ticks, times `factor`, is in `unit`. */
struct measure_clock {
	const char *unit;
	double factor;
	double hz; /* 0: not known, or it does not count time */
};

/* A cell being built. */
struct summing {
	const struct cell *cell;
	struct measure_clock clock; /* of the first successful round */
	const char *unit;
	double bytes_per_op; /* for a rate, else 0 */
	double *pooled, *medians;
	size_t nr_pooled, nr_medians;
	size_t nr_negative, nr_without_rate;
};

/*
 * Instructions a nanosecond, where the clock counts them: emulators run at whole megahertz, and the
 * kernel's own figure of it is off by a few kilohertz.
 */
static double instructions_per_ns(const struct measurement *m)
{
	double mhz = round((double)m->tsc_khz / 1e3);

	return mhz > 0 ? mhz / 1e3 : 1;
}

static struct measure_clock clock_of(const struct workload *w, const struct measurement *m)
{
	if (m->icount)
		return (struct measure_clock){
			"insn", w->kind == WORKLOAD_HOST ? instructions_per_ns(m) : 1, 0
		};
	if (w->kind == WORKLOAD_HOST)
		return (struct measure_clock){ "ns", 1, 1e9 };
	if (m->tsc_khz)
		return (struct measure_clock){ "ns", 1e6 / m->tsc_khz, 1e3 * m->tsc_khz };
	return (struct measure_clock){ "cycles", 1, 0 };
}

static bool is_rate(const struct workload *w)
{
	return !strcmp(w->unit, "bytes_per_s") && w->bytes_per_op;
}

/*
 * Appends the round's samples, per operation in the cell's unit, to s->pooled. A rate is undefined
 * where the time is zero: such samples are left out and counted.
 */
static void append_net(struct summing *s, const struct measurement *m, const struct net_cost *net)
{
	struct measure_clock clock = clock_of(s->cell->workload, m);

	for (unsigned int i = 0; i < m->nr_samples; i++) {
		double cost = net_cost__per_op(net, m->samples[i]);

		if (s->bytes_per_op && cost <= 0) {
			s->nr_without_rate++;
			continue;
		}
		s->nr_negative += cost < 0;
		s->pooled[s->nr_pooled++] = s->bytes_per_op ? s->bytes_per_op * clock.hz / cost :
							      cost * clock.factor;
	}
}

static json_t *new_numbers(const double *values, size_t nr)
{
	json_t *array = json_array();

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(array, json__number(values[i]));
	return array;
}

/* One round: its samples are pooled, and its median joins the medians. */
static json_t *new_round(struct summing *s, const struct measurement *m)
{
	static const char *const status[] = {
		[MEASURE_OK] = "ok",
		[MEASURE_SKIPPED] = "skipped",
		[MEASURE_FAILED] = "failed",
	};
	struct net_cost net = net_cost__of(s->cell->workload, m);
	json_t *round = json_object();
	size_t from = s->nr_pooled;

	if (m->status == MEASURE_OK)
		append_net(s, m, &net);
	if (s->nr_pooled > from)
		s->medians[s->nr_medians++] = stats__median(s->pooled + from, s->nr_pooled - from);
	json_object_set_new(round, "visit", m->visit ? json_integer(m->visit) : json_null());
	json_object_set_new(round, "status", json_string(status[m->status]));
	json_object_set_new(round, "reason",
			    m->status == MEASURE_OK ? json_null() : json__text(m->reason));
	json_object_set_new(round, "samples", new_numbers(s->pooled + from, s->nr_pooled - from));
	json_object_set_new(round, "samples_raw",
			    new_numbers(m->samples, m->status == MEASURE_OK ? m->nr_samples : 0));
	json_object_set_new(round, "empty_loop", json__number(net_cost__loop_per_op(&net)));
	json_object_set_new(round, "ops_per_sample", json__number(net.ops));
	return round;
}

static void warn_of_samples(json_t *object, const struct summing *s, const struct cell_rounds *r)
{
	const struct workload *w = s->cell->workload;

	if (s->nr_negative)
		result__warn(
			object,
			"%zu of %zu samples are negative once the empty loop is subtracted: the "
			"operation costs less than the noise of the loop around it",
			s->nr_negative, s->nr_pooled);
	if (s->nr_without_rate)
		result__warn(
			object,
			"%zu samples took no longer than the empty loop: they have no rate and "
			"are left out",
			s->nr_without_rate);
	if (s->nr_pooled && is_rate(w) && !strcmp(s->unit, "insn"))
		result__warn(object, "under a counting clock there is no time: the figures are "
				     "instructions per operation, "
				     "not bytes per second");
	else if (s->nr_pooled && is_rate(w) && !s->bytes_per_op)
		result__warn(object,
			     "the frequency of the clock is not known: the figures are %s per "
			     "operation, not bytes per second",
			     s->clock.unit);
	for (unsigned int i = 0; i < r->nr_rounds; i++)
		if (r->rounds[i]->status == MEASURE_OK && w->kind == WORKLOAD_BATCH &&
		    !w->keep_loop && !r->rounds[i]->nr_empty)
			result__warn(
				object,
				"the empty loop was not measured: the figures include the loop");
}

static void add_rounds(json_t *object, struct summing *s, const struct cell_rounds *r)
{
	const struct workload *w = s->cell->workload;
	const struct measurement *good = NULL;
	json_t *rounds = json_array();

	for (unsigned int i = 0; i < r->nr_rounds && !good; i++)
		if (r->rounds[i]->status == MEASURE_OK)
			good = r->rounds[i];
	if (good)
		s->clock = clock_of(w, good);
	s->bytes_per_op = is_rate(w) && s->clock.hz ? w->bytes_per_op(s->cell->params) : 0;
	s->unit = s->bytes_per_op		       ? "bytes_per_s" :
		  s->clock.unit			       ?:
		  r->nr_rounds && r->rounds[0]->icount ? "insn" :
							 w->unit;
	json_object_set_new(object, "unit", json_string(s->unit));
	json_object_set_new(object, "higher_is_better",
			    json_boolean(!strcmp(s->unit, "bytes_per_s")));
	json_object_set_new(object, "tsc_khz",
			    good && good->tsc_khz && w->kind != WORKLOAD_HOST ?
				    json__u64(good->tsc_khz) :
				    json_null());
	json_object_set_new(object, "ops_per_sample",
			    good ? json__number(net_cost__of(w, good).ops) : json_null());
	for (unsigned int i = 0; i < r->nr_rounds; i++)
		json_array_append_new(rounds, new_round(s, r->rounds[i]));
	json_object_set_new(object, "rounds", rounds);
	warn_of_samples(object, s, r);
}

/* The interval over the rounds' medians; with only one round, over its samples. */
static void add_interval(json_t *summary, struct summing *s)
{
	bool over_rounds = s->nr_medians > 1;
	double *values = over_rounds ? s->medians : s->pooled;
	size_t nr = over_rounds ? s->nr_medians : s->nr_pooled;
	struct stats_interval ci;

	stats__sort(values, nr);
	ci = stats__median_interval(values, nr, LEVEL);
	json_object_set_new(summary, "ci95",
			    ci.coverage >= LEVEL ?
				    json_pack("[oo]", json__number(ci.low), json__number(ci.high)) :
				    json_null());
	json_object_set_new(summary, "ci_coverage", json__number(ci.coverage));
	json_object_set_new(summary, "ci_basis", json_string(over_rounds ? "rounds" : "samples"));
}

/*
 * The path in sorted samples of an instruction-counting clock: the least value that at least a
 * tenth of them share. Samples below it were shortened by a stray event, those above it include
 * something else, such as a timer tick. `share`: of samples that are on it. NAN if there is no such
 * value.
 */
static double path_of(const double *sorted, size_t nr, double *share)
{
	size_t first = 0;

	for (size_t i = 1; i <= nr; i++) {
		if (i < nr && sorted[i] - sorted[first] <= PATH_ALIKE * fabs(sorted[first]))
			continue;
		if ((double)(i - first) >= PATH_SHARE * (double)nr && (i - first > 1 || nr == 1)) {
			*share = (double)(i - first) / (double)nr;
			return sorted[first];
		}
		first = i;
	}
	return NAN;
}

/*
 * With an instruction-counting clock the cell's figure is the path; if there is none, the median.
 */
static void add_path(json_t *summary, json_t *object, struct summing *s)
{
	double share = NAN, path;

	if (strcmp(s->unit, "insn"))
		return;
	stats__sort(s->pooled, s->nr_pooled);
	path = path_of(s->pooled, s->nr_pooled, &share);
	if (!isfinite(path)) {
		result__warn(object, "no tenth of the samples took the same number of "
				     "instructions: the figure is the median, "
				     "and no path");
		return;
	}
	json_object_set_new(summary, "median", json_incref(json_object_get(summary, "p50")));
	json_object_set_new(summary, "p50", json__number(path));
	json_object_set_new(summary, "on_path", json__number(share));
	if (share < PATH_ENOUGH)
		result__warn(object,
			     "only %.0f %% of the samples took exactly these instructions, and "
			     "half of them %.6g "
			     "or more: something else ran in between, or the operation has several "
			     "paths",
			     100 * share, json_number_value(json_object_get(summary, "median")));
}

static json_t *if_enough(double value, size_t n, size_t enough)
{
	return n >= enough ? json__number(value) : json_null();
}

static json_t *new_summary(struct summing *s, json_t *object)
{
	struct stats_summary sum;
	json_t *summary;

	if (!s->nr_pooled || stats__summarize(s->pooled, s->nr_pooled, &sum))
		return json_null();
	summary = json_object();
	json_object_set_new(summary, "n", json_integer(sum.n));
	json_object_set_new(summary, "rounds", json_integer(s->nr_medians));
	json_object_set_new(summary, "min", json__number(sum.min));
	json_object_set_new(summary, "p25", json__number(sum.p25));
	json_object_set_new(summary, "p50", json__number(stats__median(s->medians, s->nr_medians)));
	json_object_set_new(summary, "p75", json__number(sum.p75));
	json_object_set_new(summary, "p90", json__number(sum.p90));
	json_object_set_new(summary, "p99", if_enough(sum.p99, sum.n, STATS_ENOUGH_FOR_P99));
	json_object_set_new(summary, "p999", if_enough(sum.p999, sum.n, STATS_ENOUGH_FOR_P999));
	json_object_set_new(summary, "max", json__number(sum.max));
	json_object_set_new(summary, "mean", json__number(sum.mean));
	json_object_set_new(summary, "sd", json__number(sum.sd));
	json_object_set_new(summary, "median", json_null());
	json_object_set_new(summary, "on_path", json_null());
	add_interval(summary, s);
	add_path(summary, object, s);
	return summary;
}

/* Merges all rounds' histograms of single operations; false: there are none. */
static bool merge_singles(struct hist *all, double *overhead, const struct cell_rounds *r)
{
	memset(all, 0, sizeof(*all));
	for (unsigned int i = 0; i < r->nr_rounds; i++) {
		const struct measurement *m = r->rounds[i];

		if (m->status != MEASURE_OK || !m->singles)
			continue;
		if (!all->count)
			*overhead = m->singles_overhead;
		hist__merge(all, m->singles);
	}
	return all->count > 0;
}

static json_t *new_latency(const struct summing *s, const struct cell_rounds *r)
{
	struct hist *all = alloc__need(sizeof(*all));
	json_t *latency = NULL, *buckets;
	double overhead = 0, f = s->clock.factor;

	if (!all || !merge_singles(all, &overhead, r))
		goto out;
	buckets = json_array();
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		if (all->bucket[i])
			json_array_append_new(buckets,
					      json_pack("[ooo]", json__number(hist__low(i) * f),
							json__number(hist__high(i) * f),
							json__u64(all->bucket[i])));
	latency = json_object();
	json_object_set_new(latency, "unit", json_string(s->clock.unit));
	json_object_set_new(latency, "n", json__u64(all->count));
	json_object_set_new(latency, "mean", json__number(hist__mean(all) * f));
	json_object_set_new(latency, "p50", json__number(hist__quantile(all, 0.5) * f));
	json_object_set_new(latency, "p90", json__number(hist__quantile(all, 0.9) * f));
	json_object_set_new(latency, "p99",
			    if_enough(hist__quantile(all, 0.99) * f, all->count,
				      STATS_ENOUGH_FOR_P99));
	json_object_set_new(latency, "p999",
			    if_enough(hist__quantile(all, 0.999) * f, all->count,
				      STATS_ENOUGH_FOR_P999));
	json_object_set_new(latency, "max", json__number(all->max * f));
	json_object_set_new(latency, "overhead", json__number(overhead * f));
	json_object_set_new(latency, "buckets", buckets);
out:
	free(all);
	return latency ?: json_null();
}

static void alloc_sums(struct summing *s, const struct cell_rounds *r)
{
	size_t samples = 1;

	for (unsigned int i = 0; i < r->nr_rounds; i++)
		samples += r->rounds[i]->nr_samples;
	s->pooled = alloc__need_zeroed(samples, sizeof(*s->pooled));
	s->medians = alloc__need_zeroed(r->nr_rounds + 1, sizeof(*s->medians));
}

void result_samples__add(json_t *object, const struct cell_rounds *r)
{
	struct summing s = { .cell = r->cell };

	alloc_sums(&s, r);
	add_rounds(object, &s, r);
	json_object_set_new(object, "latency", new_latency(&s, r));
	/* This comes last, since it sorts the samples. */
	json_object_set_new(object, "summary", new_summary(&s, object));
	free(s.pooled);
	free(s.medians);
}
