// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The result document, built from measurements; see result.h for the interface and
 * bench/result/result.schema.json for every field. Files are file.c's, checks check.c's.
 *
 * The replicate is the round, since samples of one VM are correlated: the median is that of the
 * rounds' medians and the interval is theirs. Only the other quantiles pool all samples.
 */
#include "bench/result/result.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/base/alloc.h"
#include "bench/base/json.h"
#include "bench/base/stats.h"
#include "bench/result/kvmstats.h"
#include "version.h"

/* How far observed exits per operation may be from expected: what a stray interrupt or two causes. */
#define EXITS_TOLERANCE	0.001

/* A quantile q says something about q only with this many values: one beyond it. */
#define ENOUGH_FOR_P99	100
#define ENOUGH_FOR_P999	1000

#define LEVEL		0.95

/* A path is what this share of samples took, to the instruction; with fewer than half on it there is a warning. */
#define PATH_SHARE	0.1
#define PATH_ENOUGH	0.5
#define PATH_ALIKE	1e-9

/* The clock of a measurement: a count of its ticks times `factor` is in `unit`. */
struct measure_clock {
	const char *unit;
	double factor;
	double hz;		/* 0: not known, or it counts no time */
};

/* A cell in the making. */
struct summing {
	const struct cell *cell;
	struct measure_clock clock;	/* of the first good round */
	const char *unit;
	double bytes_per_op;		/* of a rate, else 0 */
	double *pooled, *medians;
	size_t nr_pooled, nr_medians;
	size_t nr_negative, nr_without_rate;
};

static struct measure_clock clock_of(const struct workload *w, const struct measurement *m)
{
	if (m->icount)
		return (struct measure_clock){ "insn", 1, 0 };
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

static json_t *new_params(const struct cell *cell)
{
	const struct workload *w = cell->workload;
	json_t *params = json_object();

	for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++) {
		const struct workload_param *p = &w->params[i];

		json_object_set_new(params, p->name,
				    p->kind == PARAM_CHOICE ? json__text(p->choices[cell->params[i]]) :
							      json__u64(cell->params[i]));
	}
	return params;
}

static json_t *new_config(const struct config *config)
{
	json_t *object = json_object();
	char value[CONFIG_VALUE_BYTES];

	json_object_set_new(object, "name", json__text(config->name));
	for (const struct config_key *key = config_keys; key->name; key++)
		json_object_set_new(object, key->name,
				    json__text(config__get(config, key->name, value, sizeof(value))));
	return object;
}

static json_t *new_label(const struct cell *cell)
{
	char label[512];
	int len = snprintf(label, sizeof(label), "%s:", cell->workload->name);

	plan__format_params(cell, false, label + len, sizeof(label) - len);
	if (!label[len])
		label[len - 1] = '\0';
	return json__text(label);
}

void result__identify(json_t *object, const struct cell *cell)
{
	static const char *const kinds[] = {
		[WORKLOAD_BATCH] = "batch",
		[WORKLOAD_SELF_TIMED] = "self-timed",
		[WORKLOAD_HOST] = "host",
	};
	const struct workload *w = cell->workload;

	json_object_set_new(object, "workload", json__text(w->name));
	json_object_set_new(object, "label", new_label(cell));
	json_object_set_new(object, "what", json__text(w->what));
	json_object_set_new(object, "group", json__text(workload_group__name(w->group)));
	json_object_set_new(object, "kind", json_string(kinds[w->kind]));
	json_object_set_new(object, "params", new_params(cell));
	json_object_set_new(object, "ring", json_integer(cell->ring));
	json_object_set_new(object, "backend", json__text(cell->backend));
	json_object_set_new(object, "config", new_config(&cell->config));
}

static void add_warning(json_t *cell, const char *text)
{
	json_t *warnings = json_object_get(cell, "warnings"), *known, *clean = json__text(text);
	size_t i;

	json_array_foreach(warnings, i, known) {
		json_t *count = json_object_get(known, "count");

		if (!json_equal(json_object_get(known, "text"), clean))
			continue;
		json_integer_set(count, json_integer_value(count) + 1);
		json_decref(clean);
		return;
	}
	json_array_append_new(warnings, json_pack("{s:o, s:i}", "text", clean, "count", 1));
}

void result__warn(json_t *cell, const char *fmt, ...)
{
	char text[1280];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add_warning(cell, text);
}

/* Ok if one round is; else failed if one failed; the reason is the first such round's. */
static void add_status(json_t *object, const struct cell_rounds *r)
{
	const struct measurement *first[MEASURE_FAILED + 1] = { NULL };
	const struct measurement *which;

	for (unsigned int i = 0; i < r->nr_rounds; i++)
		if (!first[r->rounds[i]->status])
			first[r->rounds[i]->status] = r->rounds[i];
	which = first[MEASURE_OK] ?: first[MEASURE_FAILED] ?: first[MEASURE_SKIPPED];
	json_object_set_new(object, "status",
			    json_string(first[MEASURE_OK]	? "ok" :
					first[MEASURE_FAILED]	? "failed" : "skipped"));
	json_object_set_new(object, "reason",
			    !which ? json_string("not measured: the run ended before its first round") :
			    which->status == MEASURE_OK ? json_null() : json__text(which->reason));
	json_object_set_new(object, "warnings", json_array());
	if (!first[MEASURE_OK])
		return;
	for (unsigned int i = 0; i < r->nr_rounds; i++)
		if (r->rounds[i]->status != MEASURE_OK)
			result__warn(object, "a round %s: %s",
				     r->rounds[i]->status == MEASURE_FAILED ? "failed" : "was skipped",
				     r->rounds[i]->reason);
}

static double empty_ticks(const struct measurement *m)
{
	return m->nr_empty ? stats__median(m->empty, m->nr_empty) : NAN;
}

static double ops_of(const struct workload *w, const struct measurement *m)
{
	return w->kind == WORKLOAD_BATCH && m->ops_per_sample ? m->ops_per_sample : 1;
}

/*
 * The round's samples per operation in the cell's unit, appended to s->pooled. A rate of no time at
 * all is no number: such samples are left out and counted.
 */
static void append_net(struct summing *s, const struct measurement *m)
{
	const struct workload *w = s->cell->workload;
	struct measure_clock clock = clock_of(w, m);
	bool subtract = w->kind == WORKLOAD_BATCH && !w->keep_loop && m->nr_empty;
	double empty = subtract ? empty_ticks(m) : 0, ops = ops_of(w, m);

	for (unsigned int i = 0; i < m->nr_samples; i++) {
		double net = (m->samples[i] - empty) / ops;

		if (s->bytes_per_op && net <= 0) {
			s->nr_without_rate++;
			continue;
		}
		s->nr_negative += net < 0;
		s->pooled[s->nr_pooled++] = s->bytes_per_op ? s->bytes_per_op * clock.hz / net :
							      net * clock.factor;
	}
}

static json_t *new_numbers(const double *values, size_t nr)
{
	json_t *array = json_array();

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(array, json__number(values[i]));
	return array;
}

/* One round: its samples go to the pool and its median to the medians. */
static json_t *new_round(struct summing *s, const struct measurement *m)
{
	static const char *const status[] = {
		[MEASURE_OK] = "ok", [MEASURE_SKIPPED] = "skipped", [MEASURE_FAILED] = "failed",
	};
	const struct workload *w = s->cell->workload;
	json_t *round = json_object();
	size_t from = s->nr_pooled;

	if (m->status == MEASURE_OK)
		append_net(s, m);
	if (s->nr_pooled > from)
		s->medians[s->nr_medians++] = stats__median(s->pooled + from, s->nr_pooled - from);
	json_object_set_new(round, "visit", m->visit ? json_integer(m->visit) : json_null());
	json_object_set_new(round, "status", json_string(status[m->status]));
	json_object_set_new(round, "reason", m->status == MEASURE_OK ? json_null() :
								       json__text(m->reason));
	json_object_set_new(round, "samples", new_numbers(s->pooled + from, s->nr_pooled - from));
	json_object_set_new(round, "samples_raw",
			    new_numbers(m->samples, m->status == MEASURE_OK ? m->nr_samples : 0));
	json_object_set_new(round, "empty_loop", json__number(empty_ticks(m) / ops_of(w, m)));
	json_object_set_new(round, "ops_per_sample", json__number(ops_of(w, m)));
	return round;
}

static void warn_of_samples(json_t *object, const struct summing *s, const struct cell_rounds *r)
{
	const struct workload *w = s->cell->workload;

	if (s->nr_negative)
		result__warn(object, "%zu of %zu samples are negative once the empty loop is subtracted: the "
			     "operation costs less than the noise of the loop around it",
			     s->nr_negative, s->nr_pooled);
	if (s->nr_without_rate)
		result__warn(object, "%zu samples took no longer than the empty loop: they have no rate and "
			     "are left out", s->nr_without_rate);
	if (s->nr_pooled && is_rate(w) && !strcmp(s->unit, "insn"))
		result__warn(object, "under a counting clock there is no time: the figures are instructions per operation, "
			     "not bytes per second");
	else if (s->nr_pooled && is_rate(w) && !s->bytes_per_op)
		result__warn(object, "the frequency of the clock is not known: the figures are %s per "
			     "operation, not bytes per second", s->clock.unit);
	for (unsigned int i = 0; i < r->nr_rounds; i++)
		if (r->rounds[i]->status == MEASURE_OK && w->kind == WORKLOAD_BATCH && !w->keep_loop &&
		    !r->rounds[i]->nr_empty)
			add_warning(object, "the empty loop was not measured: the figures include the loop");
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
	s->unit = s->bytes_per_op ? "bytes_per_s" : s->clock.unit ?:
		  r->nr_rounds && r->rounds[0]->icount ? "insn" : w->unit;
	json_object_set_new(object, "unit", json_string(s->unit));
	json_object_set_new(object, "higher_is_better", json_boolean(!strcmp(s->unit, "bytes_per_s")));
	json_object_set_new(object, "tsc_khz", good && good->tsc_khz && w->kind != WORKLOAD_HOST ?
					       json__u64(good->tsc_khz) : json_null());
	json_object_set_new(object, "ops_per_sample", good ? json__number(ops_of(w, good)) : json_null());
	for (unsigned int i = 0; i < r->nr_rounds; i++)
		json_array_append_new(rounds, new_round(s, r->rounds[i]));
	json_object_set_new(object, "rounds", rounds);
	warn_of_samples(object, s, r);
}

/* Over the rounds' medians; with one round, all there is are its samples. */
static void add_interval(json_t *summary, struct summing *s)
{
	bool over_rounds = s->nr_medians > 1;
	double *values = over_rounds ? s->medians : s->pooled;
	size_t nr = over_rounds ? s->nr_medians : s->nr_pooled;
	struct stats_interval ci;

	stats__sort(values, nr);
	ci = stats__median_interval(values, nr, LEVEL);
	json_object_set_new(summary, "ci95", ci.coverage > 0 ?
			    json_pack("[oo]", json__number(ci.low), json__number(ci.high)) : json_null());
	json_object_set_new(summary, "ci_coverage", json__number(ci.coverage));
	json_object_set_new(summary, "ci_basis", json_string(over_rounds ? "rounds" : "samples"));
}

/*
 * What a counting clock says of sorted samples: the least value that a tenth of them share. Less than that is
 * a stray event that saved something; more is one that came on top, a timer tick in the middle. `share`: of
 * samples that are on it; NAN if there is no such value.
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

/* The figure of a counting clock is a path; without one it stays the median. */
static void add_path(json_t *summary, json_t *object, struct summing *s)
{
	double share = NAN, path;

	if (strcmp(s->unit, "insn"))
		return;
	stats__sort(s->pooled, s->nr_pooled);
	path = path_of(s->pooled, s->nr_pooled, &share);
	if (!isfinite(path)) {
		result__warn(object, "no tenth of the samples took the same number of instructions: the figure is the median, "
			     "and no path");
		return;
	}
	json_object_set_new(summary, "median", json_incref(json_object_get(summary, "p50")));
	json_object_set_new(summary, "p50", json__number(path));
	json_object_set_new(summary, "on_path", json__number(share));
	if (share < PATH_ENOUGH)
		result__warn(object, "only %.0f %% of the samples took exactly these instructions, and half of them %.6g "
			     "or more: something else ran in between, or the operation has several paths", 100 * share,
			     json_number_value(json_object_get(summary, "median")));
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
	json_object_set_new(summary, "p99", if_enough(sum.p99, sum.n, ENOUGH_FOR_P99));
	json_object_set_new(summary, "p999", if_enough(sum.p999, sum.n, ENOUGH_FOR_P999));
	json_object_set_new(summary, "max", json__number(sum.max));
	json_object_set_new(summary, "mean", json__number(sum.mean));
	json_object_set_new(summary, "sd", json__number(sum.sd));
	json_object_set_new(summary, "median", json_null());
	json_object_set_new(summary, "on_path", json_null());
	add_interval(summary, s);
	add_path(summary, object, s);
	return summary;
}

/* All rounds' histograms of single operations as one; false: there is none. */
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
			json_array_append_new(buckets, json_pack("[ooo]", json__number(hist__low(i) * f),
								 json__number(hist__high(i) * f),
								 json__u64(all->bucket[i])));
	latency = json_object();
	json_object_set_new(latency, "unit", json_string(s->clock.unit));
	json_object_set_new(latency, "n", json__u64(all->count));
	json_object_set_new(latency, "mean", json__number(hist__mean(all) * f));
	json_object_set_new(latency, "p50", json__number(hist__quantile(all, 0.5) * f));
	json_object_set_new(latency, "p90", json__number(hist__quantile(all, 0.9) * f));
	json_object_set_new(latency, "p99",
			    if_enough(hist__quantile(all, 0.99) * f, all->count, ENOUGH_FOR_P99));
	json_object_set_new(latency, "p999",
			    if_enough(hist__quantile(all, 0.999) * f, all->count, ENOUGH_FOR_P999));
	json_object_set_new(latency, "max", json__number(all->max * f));
	json_object_set_new(latency, "overhead", json__number(overhead * f));
	json_object_set_new(latency, "buckets", buckets);
out:
	free(all);
	return latency ?: json_null();
}

/* What the exits of all good rounds come to. */
struct exit_sums {
	double window_ops, ops, exits, host_interrupts, user_ops, user_exits;
	const char *why;		/* not known, by the first round that says so */
};

static void sum_exits(struct exit_sums *sums, const struct cell_rounds *r)
{
	*sums = (struct exit_sums){ .why = NULL };
	for (unsigned int i = 0; i < r->nr_rounds; i++) {
		const struct measurement *m = r->rounds[i];

		if (m->status != MEASURE_OK)
			continue;
		if (!m->exits_known && !sums->why)
			sums->why = m->exits_unknown_why;
		if (!m->window_ops)
			continue;
		sums->window_ops += m->window_ops;
		if (!m->user_exits_unknown) {
			sums->user_ops += m->window_ops;
			sums->user_exits += m->user_exits;
		}
		if (m->exits_known) {
			sums->ops += m->window_ops;
			sums->exits += m->exits;
			sums->host_interrupts += m->host_interrupts;
		}
	}
}

static json_t *matches(double observed, double expected)
{
	return json_boolean(fabs(observed - expected) <= EXITS_TOLERANCE * (1 + 1e-9));
}

/* In software nothing exits. */
static bool is_software(const struct cell *cell)
{
	return !strcmp(cell->backend, "tcg") || !strcmp(cell->backend, "qemu-tcg");
}

/* By reason, in the names of the hardware under it; null where the number is not a constant. */
static json_t *new_expected(const struct cell *cell, const char *virt, double *total)
{
	const struct workload *w = cell->workload;
	json_t *expected;

	*total = 0;
	if (is_software(cell) || w->kind == WORKLOAD_HOST || (!w->exits[0].vmx && w->exits_note))
		return json_null();
	expected = json_object();
	for (size_t i = 0; i < sizeof(w->exits) / sizeof(w->exits[0]) && w->exits[i].vmx; i++) {
		const struct workload_exit *e = &w->exits[i];

		json_object_set_new(expected, virt && !strcmp(virt, "svm") && e->svm ? e->svm : e->vmx,
				    json_integer(e->per_op));
		*total += e->per_op;
	}
	return expected;
}

/* The VMM's own count, from the counters "user.NAME". */
static json_t *user_reasons(const struct cell_rounds *r, double ops)
{
	json_t *counts = json_object(), *reasons = json_array(), *count;
	const char *name;

	for (unsigned int i = 0; i < r->nr_rounds; i++) {
		const struct measurement *m = r->rounds[i];

		for (unsigned int c = 0; m->status == MEASURE_OK && c < m->nr_counters; c++) {
			if (strncmp(m->counters[c].name, "user.", 5) || !m->counters[c].value)
				continue;
			name = m->counters[c].name + 5;
			count = json_object_get(counts, name);
			json_object_set_new(counts, name, json_integer(m->counters[c].value +
								       json_integer_value(count)));
		}
	}
	json_object_foreach(counts, name, count)
		json_array_append_new(reasons,
				      json_pack("{s:s, s:O, s:o}", "reason", name, "count", count, "per_op",
						json__number(ops ? json_integer_value(count) / ops : NAN)));
	json_decref(counts);
	return reasons;
}

/* No VM, no exits: null, not zero. */
static json_t *new_exits(const struct cell_rounds *r, const char *virt)
{
	const struct workload *w = r->cell->workload;
	json_t *exits, *per_op, *expected;
	struct exit_sums sums;
	double total, user;

	sum_exits(&sums, r);
	if (!strcmp(r->cell->backend, "native") ||
	    (!sums.window_ops && (!sums.why || w->kind == WORKLOAD_HOST)))
		return json_null();
	exits = json_object();
	per_op = json_object();
	expected = new_expected(r->cell, virt, &total);
	user = sums.user_ops ? sums.user_exits / sums.user_ops : NAN;
	json_object_set_new(per_op, "total", json__number(sums.ops ? sums.exits / sums.ops : NAN));
	json_object_set_new(per_op, "user", json__number(user));
	json_object_set_new(per_op, "host_interrupts",
			    json__number(sums.ops ? sums.host_interrupts / sums.ops : NAN));
	json_object_set_new(exits, "per_op", per_op);
	json_object_set_new(exits, "as_expected", sums.ops && json_is_object(expected) ?
			    matches(sums.exits / sums.ops, total) : json_null());
	json_object_set_new(exits, "expected_total", json_is_object(expected) ? json__number(total) :
										json_null());
	json_object_set_new(exits, "user_as_expected",
			    sums.user_ops && json_is_object(expected) && !w->exits_note ?
			    matches(user, cell__user_exits(r->cell)) : json_null());
	json_object_set_new(exits, "expected_user",
			    json_is_object(expected) ? json_integer(cell__user_exits(r->cell)) : json_null());
	json_object_set_new(exits, "expected", expected);
	json_object_set_new(exits, "note", is_software(r->cell) ? json_null() : json__text(w->exits_note));
	json_object_set_new(exits, "unknown_why", sums.ops ? json_null() : json__text(sums.why));
	json_object_set_new(exits, "window_ops", json__number(sums.window_ops));
	json_object_set_new(exits, "user_by_reason", user_reasons(r, sums.user_ops));
	json_object_set_new(exits, "by_reason", json_array());
	json_object_set_new(exits, "lost", json_null());
	return exits;
}

/* Sums of the counters "kvm.NAME" over the good rounds. */
static json_t *new_kvm_stats(const struct cell_rounds *r)
{
	json_t *stats = json_object();

	for (unsigned int i = 0; i < r->nr_rounds; i++) {
		const struct measurement *m = r->rounds[i];

		for (unsigned int c = 0; m->status == MEASURE_OK && c < m->nr_counters; c++) {
			const char *name = m->counters[c].name;

			if (!strncmp(name, "kvm.", 4))
				json_object_set_new(stats, name + 4,
						    json_integer(m->counters[c].value +
								 json_integer_value(json_object_get(stats, name + 4))));
		}
	}
	return stats;
}

/* Of one counter, over the good rounds, per operation. A statistic that did not move is not in the counters. */
static double counter_per_op(const struct cell_rounds *r, const char *name)
{
	double sum = 0, ops = 0;

	for (unsigned int i = 0; i < r->nr_rounds; i++) {
		const struct measurement *m = r->rounds[i];

		if (m->status != MEASURE_OK || !m->exits_known)
			continue;
		ops += (double)m->window_ops;
		for (unsigned int c = 0; c < m->nr_counters; c++)
			if (!strcmp(m->counters[c].name, name))
				sum += (double)m->counters[c].value;
	}
	return ops > 0 ? sum / ops : NAN;
}

/* Latency is one side of halt polling, and this is the other. */
static void add_cpu(json_t *object, const struct cell_rounds *r)
{
	double cpu = 0, cpu_ops = 0, dirty = 0, ops = 0, success = counter_per_op(r, "kvm.halt_poll_success_ns");
	bool logged = r->cell->config.dirty_log != DIRTY_LOG_OFF;

	for (unsigned int i = 0; i < r->nr_rounds; i++) {
		const struct measurement *m = r->rounds[i];

		if (m->status != MEASURE_OK)
			continue;
		dirty += (double)m->dirty_pages;
		ops += (double)m->window_ops;
		if (m->cpu_known) {
			cpu += (double)m->cpu_ns;
			cpu_ops += (double)m->window_ops;
		}
	}
	json_object_set_new(object, "cpu_ns_per_op", json__number(cpu_ops > 0 ? cpu / cpu_ops : NAN));
	json_object_set_new(object, "halt_poll_ns_per_op", isfinite(success) ?
			    json_pack("{s:o, s:o}", "success", json__number(success), "fail",
				      json__number(counter_per_op(r, "kvm.halt_poll_fail_ns"))) : json_null());
	json_object_set_new(object, "dirty_pages_per_op", json__number(logged && ops > 0 ? dirty / ops : NAN));
}

static void add_round_warnings(json_t *object, const struct cell_rounds *r)
{
	for (unsigned int i = 0; i < r->nr_rounds; i++)
		for (unsigned int w = 0; w < r->rounds[i]->nr_warnings; w++)
			add_warning(object, r->rounds[i]->warnings[w]);
}

static void alloc_sums(struct summing *s, const struct cell_rounds *r)
{
	size_t samples = 1;

	for (unsigned int i = 0; i < r->nr_rounds; i++)
		samples += r->rounds[i]->nr_samples;
	s->pooled = alloc__need_zeroed(samples, sizeof(*s->pooled));
	s->medians = alloc__need_zeroed(r->nr_rounds + 1, sizeof(*s->medians));
}

json_t *result__add_cell(json_t *doc, const struct cell_rounds *r)
{
	const char *virt = json_string_value(json_object_get(json_object_get(doc, "host"), "virt"));
	struct summing s = { .cell = r->cell };
	json_t *object;

	alloc_sums(&s, r);
	object = json_object();
	result__identify(object, r->cell);
	add_status(object, r);
	add_rounds(object, &s, r);
	add_round_warnings(object, r);
	json_object_set_new(object, "latency", new_latency(&s, r));
	json_object_set_new(object, "exits", new_exits(r, virt));
	json_object_set_new(object, "kvm_stats", new_kvm_stats(r));
	result_kvmstats__add(object, r);
	add_cpu(object, r);
	for (const char *const *name = (const char *const[]){ "cost", "probe_cost", "sched", "mmu",
							      "counters", NULL }; *name; name++)
		json_object_set_new(object, *name, json_null());
	/* Last: it sorts the samples. */
	json_object_set_new(object, "summary", new_summary(&s, object));
	if (json_array_append_new(json_object_get(doc, "cells"), object))
		object = NULL;
	free(s.pooled);
	free(s.medians);
	return object;
}

static json_t *new_plan(const struct plan *plan)
{
	return json_pack("{s:o, s:o, s:i, s:f, s:I}", "name", json__text(plan->name), "what",
			 json__text(plan->what), "rounds", (int)plan->rounds, "time_s", plan->time_s,
			 "nr_cells", (json_int_t)plan->nr_cells);
}

json_t *result__time(time_t when)
{
	char text[32];
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return json_null();
	return json_string(text);
}

json_t *result__new(const struct plan *plan, json_t *host)
{
	json_t *doc = json_object();

	json_object_set_new(doc, "schema", json_string(RESULT_SCHEMA));
	json_object_set_new(doc, "tool", json_pack("{s:s, s:s}", "version", HVBENCH_VERSION, "commit",
						   HVBENCH_COMMIT));
	json_object_set_new(doc, "started", result__time(time(NULL)));
	json_object_set_new(doc, "duration_s", json_null());
	json_object_set_new(doc, "interrupted", json_false());
	json_object_set_new(doc, "seed", json__u64(plan->seed));
	json_object_set_new(doc, "plan", new_plan(plan));
	json_object_set_new(doc, "host", host ?: json_object());
	json_object_set_new(doc, "exit_source", json_null());
	json_object_set_new(doc, "cells", json_array());
	return doc;
}

void result__finish(json_t *doc, double duration_s, bool interrupted)
{
	/* The document may have been begun when all was measured. */
	json_object_set_new(doc, "started", result__time(time(NULL) - (time_t)duration_s));
	json_object_set_new(doc, "duration_s", json__number(duration_s));
	json_object_set_new(doc, "interrupted", json_boolean(interrupted));
}
