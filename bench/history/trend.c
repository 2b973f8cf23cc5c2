// SPDX-License-Identifier: GPL-2.0-or-later
/* Trends and the gate: see trend.h. */
#include "bench/history/trend.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/changepoint.h"
#include "bench/base/each.h"
#include "bench/base/inference.h"
#include "bench/base/json.h"
#include "bench/base/stats.h"
#include "bench/base/verdicts.h"
#include "bench/history/levels.h"
#include "bench/result/doc.h"
#include "bench/result/load.h"

static bool is_wanted(const struct history_series *s, const void *context)
{
	const struct trend_options *options = context;
	const char *const *only = options->only;
	char workload[256];

	if (!only)
		return true;
	snprintf(workload, sizeof(workload), "%.*s", (int)strcspn(s->label, ":"), s->label);
	for (; *only; only++)
		if (!fnmatch(*only, s->label, 0) || !fnmatch(*only, workload, 0) ||
		    !fnmatch(*only, s->group, 0))
			return true;
	return false;
}

struct history_filter trend__filter(const struct trend_options *options)
{
	return (struct history_filter){ .wanted = is_wanted, .context = options };
}

static void set_from(json_t *object, const char *name, const json_t *result, const char *field)
{
	json_t *value = json_object_get(result, field);

	json_object_set_new(object, name, value ? json_incref(value) : json_null());
}

static json_t *describe(const struct history_series *s, const struct values *v)
{
	json_t *trend = json_object();

	json_object_set_new(trend, "label", json__text(s->label));
	json_object_set_new(trend, "config", json__text(s->config));
	json_object_set_new(trend, "backend", json__text(s->backend));
	json_object_set_new(trend, "group", json__text(s->group));
	json_object_set_new(trend, "unit", json__text(s->unit));
	json_object_set_new(trend, "higher_is_better",
			    json_boolean(values__higher_is_better(s, v)));
	json_object_set_new(trend, "figure", json_string(v->ratio ? "ratio" : "cost"));
	return trend;
}

/* `c` is a change between the values `from` and `to`. */
static json_t *change_json(const struct history_series *s, const struct values *v,
			   const struct changepoint *c, size_t from, size_t to,
			   const json_t *results, const struct trend_options *options)
{
	const json_t *after = json_array_get(results, s->points[v->at[c->at]].at);
	const json_t *before = json_array_get(results, s->points[v->at[c->at - 1]].at);
	json_t *change = json_object(), *why;
	enum verdict verdict = levels__judge(s, v, c, from, to, options, &why);

	json_object_set_new(change, "at", json_integer((json_int_t)c->at));
	set_from(change, "started", after, "started");
	set_from(change, "label", after, "label");
	set_from(change, "kernel", after, "kernel");
	set_from(change, "before_started", before, "started");
	set_from(change, "before_label", before, "label");
	set_from(change, "before_kernel", before, "kernel");
	json_object_set_new(change, "before", json__number(values__shown(v, c->before)));
	json_object_set_new(change, "after", json__number(values__shown(v, c->after)));
	json_object_set_new(change, "change",
			    json__number(values__relative(v, c->before, c->after)));
	json_object_set_new(change, "p", json__number(c->p));
	json_object_set_new(change, "verdict", json_string(verdict__name(verdict)));
	json_object_set_new(change, "why", why ?: json_null());
	return change;
}

static void add_points(json_t *trend, const struct history_series *s, const struct values *v,
		       const json_t *results)
{
	json_t *times = json_array(), *list = json_array(), *low = json_array(),
	       *high = json_array();

	for (size_t i = 0; i < v->nr; i++) {
		const struct history_point *point = &s->points[v->at[i]];

		json_array_append(times,
				  json_object_get(json_array_get(results, point->at), "started") ?:
					  json_null());
		json_array_append_new(list, json__number(values__shown(v, v->v[i])));
		json_array_append_new(low, v->ratio ? json_null() : json__number(point->low));
		json_array_append_new(high, v->ratio ? json_null() : json__number(point->high));
	}
	json_object_set_new(trend, "times", times);
	json_object_set_new(trend, "values", list);
	json_object_set_new(trend, "low", low);
	json_object_set_new(trend, "high", high);
}

static json_t *trend_of(const struct history_series *s, const json_t *results,
			const struct trend_options *options)
{
	struct changepoint *changes = NULL;
	json_t *trend, *list;
	size_t nr = 0, from = 0;
	struct values v;

	values__init(&v, s, options->figure);
	if (changepoint__find(v.v, v.nr, options->alpha, values__least_move(&v, options->floor),
			      &changes, &nr))
		alloc__fail();
	trend = describe(s, &v);
	list = json_array();
	for (size_t i = 0; i < nr; i++) {
		json_array_append_new(list, change_json(s, &v, &changes[i], from,
							i + 1 < nr ? changes[i + 1].at : v.nr,
							results, options));
		from = changes[i].at;
	}
	json_object_set_new(trend, "n", json_integer((json_int_t)v.nr));
	json_object_set_new(trend, "first", json__number(v.nr ? values__shown(&v, v.v[0]) : NAN));
	json_object_set_new(trend, "last",
			    json__number(v.nr ? values__shown(&v, v.v[v.nr - 1]) : NAN));
	json_object_set_new(trend, "level",
			    json__number(
				    values__shown(&v, stats__median(v.v + from, v.nr - from))));
	add_points(trend, s, &v, results);
	json_object_set_new(trend, "changes", list);
	free(changes);
	values__destroy(&v);
	return trend;
}

struct all_trends {
	const json_t *results;
	const struct history_series *series;
	const struct trend_options *options;
	json_t **trends; /* NULL: not wanted */
};

static void find_one(void *ctx, size_t i)
{
	struct all_trends *all = ctx;
	const struct history_series *s = &all->series[i];

	if (s->nr && is_wanted(s, all->options))
		all->trends[i] = trend_of(s, all->results, all->options);
}

json_t *trend__find(const json_t *results, const struct history_series *series, size_t nr,
		    const struct trend_options *options)
{
	struct all_trends all = { .results = results,
				  .series = series,
				  .options = options,
				  .trends = alloc__need_zeroed(nr, sizeof(*all.trends)) };
	json_t *trends = json_array();

	/* They share values of the results: where counting their users is not atomic, in turn. */
#if JSON_HAVE_ATOMIC_BUILTINS || JSON_HAVE_SYNC_BUILTINS
	each__of(nr, find_one, &all);
#else
	for (size_t i = 0; i < nr; i++)
		find_one(&all, i);
#endif
	for (size_t i = 0; i < nr; i++)
		if (all.trends[i])
			json_array_append_new(trends, all.trends[i]);
	free(all.trends);
	return trends;
}

/* Judges one cell: its last value against the level of those before. */
static json_t *gate_cell(const struct history_series *s, size_t cells,
			 const struct trend_options *options)
{
	struct changepoint *changes = NULL;
	double level, spread, noise = NAN, floor, moved, value;
	enum verdict verdict = VERDICT_INCONCLUSIVE;
	const char *why = NULL;
	json_t *cell = NULL;
	size_t nr = 0, from, n;
	struct values v;

	values__init(&v, s, options->figure);
	if (!v.nr)
		goto out;
	floor = values__least_move(&v, options->floor);
	value = v.v[v.nr - 1];
	if (changepoint__find(v.v, v.nr - 1, options->alpha, floor, &changes, &nr))
		alloc__fail();
	from = nr ? changes[nr - 1].at : 0;
	n = v.nr - 1 - from;
	level = stats__median(v.v + from, n);
	moved = value - level;
	spread = inference__spread(v.v + from, n);
	if (n >= 2)
		noise = levels__t_quantile(1 - options->alpha / (2 * (double)cells),
					   (double)n - 1) *
			spread * sqrt(1 + M_PI_2 / (double)n);
	if (!n) {
		verdict = VERDICT_NEW;
	} else if (n < LEVELS_LEAST) {
		why = "too few results at this level to know how they vary: it takes 8";
	} else if (fabs(moved) > fmax(floor, noise)) {
		verdict = (moved > 0) != values__higher_is_better(s, &v) ? VERDICT_SLOWER :
									   VERDICT_FASTER;
	} else if (noise <= floor || fabs(moved) + noise <= floor) {
		verdict = VERDICT_SAME;
	} else {
		verdict = VERDICT_SAME;
		why = "within what results at this level vary by, which is more than the threshold";
	}
	cell = describe(s, &v);
	json_object_set_new(cell, "verdict", json_string(verdict__name(verdict)));
	json_object_set_new(cell, "value", json__number(values__shown(&v, value)));
	json_object_set_new(cell, "level",
			    n ? json__number(values__shown(&v, level)) : json_null());
	json_object_set_new(cell, "change",
			    n ? json__number(values__relative(&v, level, value)) : json_null());
	json_object_set_new(cell, "limit",
			    n >= 2 ? json__number(values__relative(&v, level,
								   level + fmax(floor, noise))) :
				     json_null());
	json_object_set_new(cell, "noise",
			    n >= 2 ? json__number(values__relative(&v, level, level + noise)) :
				     json_null());
	json_object_set_new(cell, "n", json_integer((json_int_t)n));
	json_object_set_new(cell, "why", why ? json_string(why) : json_null());
out:
	free(changes);
	values__destroy(&v);
	return cell;
}

/* For a cell made here, whose verdict is always in the table. */
static const struct verdict_row *verdict_of(const json_t *cell)
{
	return verdict__find(json_string_value(json_object_get(cell, "verdict")));
}

static double number_at(const json_t *cell, const char *name)
{
	return json_number_value(json_object_get(cell, name));
}

/* By how much the time of an operation changed, relative, given how its cost did. */
static double time_change(const struct history_series *s, const json_t *cost)
{
	double change = number_at(cost, "change");

	return s->higher_is_better ? -change / (1 + change) : change;
}

/* Whether the cost would have shown what the ratio says, and did not: only the reference moved. */
static bool cost_held_still(const struct history_series *s, const json_t *ratio, const json_t *cost)
{
	return verdict_of(cost)->verdict == VERDICT_SAME &&
	       fabs(number_at(ratio, "change") - time_change(s, cost)) > number_at(cost, "limit");
}

/*
 * A ratio that is unchanged says nothing about what the cell shares with its reference: if the cost
 * left its usual range although the ratio did not, both moved together. A ratio that changed
 * says nothing about the cell if its cost is well known and stayed where it was; nor does one of a
 * new level, to which only the reference moved.
 */
static json_t *gate_both(const struct history_series *s, size_t cells,
			 const struct trend_options *options)
{
	json_t *cell = gate_cell(s, cells, options), *cost;
	struct trend_options other = *options;
	enum verdict ratio, verdict;

	if (!cell || strcmp(json_string_value(json_object_get(cell, "figure")), "ratio"))
		return cell;
	ratio = verdict_of(cell)->verdict;
	other.figure = TREND_COST;
	cost = gate_cell(s, cells, &other);
	verdict = cost ? verdict_of(cost)->verdict : VERDICT_INCONCLUSIVE;
	if (ratio == VERDICT_SAME && (verdict == VERDICT_SLOWER || verdict == VERDICT_FASTER)) {
		json_object_set_new(cell, "verdict", json_string(verdict__name(VERDICT_MOVED)));
		json_object_set_new(cell, "why",
				    json_sprintf("its cost moved by %+.1f %%, together with that "
						 "of its reference: that is "
						 "the host, or what both share",
						 100 * number_at(cost, "change")));
	} else if ((ratio == VERDICT_SLOWER || ratio == VERDICT_FASTER) && cost &&
		   cost_held_still(s, cell, cost)) {
		json_object_set_new(cell, "verdict", json_string(verdict__name(VERDICT_SAME)));
		json_object_set_new(cell, "why",
				    json_sprintf("its cost is the same (%+.1f %%): what moved is "
						 "its reference",
						 100 * number_at(cost, "change")));
	} else if (ratio == VERDICT_INCONCLUSIVE && number_at(cell, "n") < LEVELS_LEAST &&
		   verdict == VERDICT_SAME && json_is_null(json_object_get(cost, "why"))) {
		/* One that varies by more than the threshold would not have shown it. */
		json_object_set_new(cell, "verdict", json_string(verdict__name(VERDICT_SAME)));
		json_object_set_new(cell, "why",
				    json_sprintf("its cost is the same (%+.1f %%); its ratio has "
						 "too few results since its reference moved",
						 100 * number_at(cost, "change")));
	} else if ((ratio == VERDICT_SLOWER && verdict == VERDICT_FASTER) ||
		   (ratio == VERDICT_FASTER && verdict == VERDICT_SLOWER)) {
		json_object_set_new(cell, "verdict",
				    json_string(verdict__name(VERDICT_INCONCLUSIVE)));
		json_object_set_new(cell, "why",
				    json_sprintf("its cost moved the other way (%+.1f %%): its "
						 "reference moved more",
						 100 * number_at(cost, "change")));
	}
	json_decref(cost);
	return cell;
}

/* How busy the host was for the last result, beside how busy it was for those before. */
struct load_gate {
	bool unlike, saturated;
};

static struct load load_at(const json_t *results, size_t i)
{
	const json_t *result = json_array_get(results, i);

	return (struct load){ .cpus = doc__number(result, "load.cpus"),
			      .own = doc__number(result, "load.own_cpus"),
			      .others = doc__number(result, "load.others_cpus"),
			      .average = doc__number(result, "load.average") };
}

/* Unlike every one before it: one that met the same load shows what that does to a cell. */
static struct load_gate load_gate(const json_t *results)
{
	size_t n = json_array_size(results);
	struct load last = load_at(results, n - 1);
	struct load_gate gate = { .unlike = n > 1, .saturated = load__is_saturated(&last) };

	for (size_t i = 0; i + 1 < n; i++) {
		struct load before = load_at(results, i);

		if (!load__unlike(&last, &before))
			gate.unlike = false;
	}
	gate.unlike = gate.unlike || gate.saturated;
	return gate;
}

static void mind_load(json_t *cell, const struct load_gate *load)
{
	enum verdict verdict = verdict_of(cell)->verdict;

	if (!load->unlike || (verdict != VERDICT_SLOWER && verdict != VERDICT_FASTER) ||
	    !load__explains(doc__text(cell, "group"), !strcmp(doc__text(cell, "figure"), "ratio"),
			    load->saturated))
		return;
	json_object_set_new(cell, "verdict", json_string(verdict__name(VERDICT_INCONCLUSIVE)));
	json_object_set_new(cell, "why",
			    json_string(load->saturated ?
						"all CPUs were busy: of this cell that may be all "
						"there is" :
						"the host's load was another than for all results "
						"before: of this cell that may be all there is"));
}

static bool has_last(const struct history_series *s, const json_t *results)
{
	const json_t *last = json_array_get(results, json_array_size(results) - 1);

	return s->nr &&
	       s->points[s->nr - 1].result == json_integer_value(json_object_get(last, "id"));
}

json_t *trend__gate(const json_t *results, const struct history_series *series, size_t nr,
		    const struct trend_options *options)
{
	json_t *cells = json_array(), *counts = json_object(), *cell;
	struct load_gate load = load_gate(results);
	size_t judged = 0;
	int status = EXIT_OK;

	for (size_t i = 0; i < nr; i++)
		judged += has_last(&series[i], results) && is_wanted(&series[i], options);
	for (size_t i = 0; i < nr; i++) {
		const struct verdict_row *verdict;

		if (!has_last(&series[i], results) || !is_wanted(&series[i], options))
			continue;
		cell = gate_both(&series[i], judged, options);
		if (!cell)
			continue;
		mind_load(cell, &load);
		json_array_append_new(cells, cell);
		verdict = verdict_of(cell);
		json_object_set_new(counts, verdict->name,
				    json_integer(json_integer_value(
							 json_object_get(counts, verdict->name)) +
						 1));
		status = exit_status__worse(status, (int)verdict->status);
	}
	if (!json_array_size(cells))
		status = EXIT_NOT_COMPARABLE;
	return json_pack("{s:i, s:I, s:o, s:o}", "status", status, "results",
			 (json_int_t)json_array_size(results) - 1, "counts", counts, "cells",
			 cells);
}
