// SPDX-License-Identifier: GPL-2.0-or-later
/* A history of many machines: see fleet.h. */
#include "bench/history/fleet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/changepoint.h"
#include "bench/base/inference.h"
#include "bench/base/json.h"
#include "bench/base/stats.h"
#include "bench/base/verdicts.h"
#include "bench/history/levels.h"
#include "bench/history/machines.h"
#include "bench/result/doc.h"

/* The least number of results that make a level, as of changepoint.h. */
#define LEAST_AT_LEVEL 3
/* Changes of two machines belong together if they are no further apart than so many results. */
#define MOST_APART 3

/* A change of one machine's level. */
struct change {
	size_t machine;
	const struct machine_result *before, *after; /* the last one before it, the first after */
	double relative, p;
	enum verdict verdict;
};

/* A cell on the machines of one kind. */
struct kind {
	const struct history_series *cell;
	const struct machine *machines;
	size_t nr;
	const struct trend_options *options;
	struct values like; /* what all machines' values have in common; no values */
	double *levels;	    /* of each machine since its last change; NAN: too few results */
	double apart_s;	    /* how far apart changes of one finding may be */
	struct change *changes;
	size_t nr_changes;
	json_t *findings, *apart;
};

/* The ratio only where all results of all machines have it, or they could not be compared. */
static enum trend_figure figure_of(const struct kind *k)
{
	if (k->options->figure != TREND_AUTO)
		return k->options->figure;
	for (size_t i = 0; i < k->nr; i++)
		for (size_t n = 0; n < k->machines[i].series.nr; n++)
			if (isnan(k->machines[i].series.points[n].ratio))
				return TREND_COST;
	return TREND_RATIO;
}

/* The usual time between two results of a machine; NAN: no machine has two. */
static double usual_interval(const struct kind *k)
{
	double *all = NULL, median;
	size_t nr = 0;

	for (size_t i = 0; i < k->nr; i++)
		for (size_t n = 1; n < k->machines[i].series.nr; n++) {
			const struct machine_result *r = &k->machines[i].results[n];
			double interval = r->seconds - r[-1].seconds;

			if (!(interval > 0))
				continue;
			all = alloc__room(all, nr, sizeof(*all));
			all[nr++] = interval;
		}
	median = stats__median(all, nr);
	free(all);
	return median;
}

static void add_change(struct kind *k, size_t machine, const struct values *v,
		       const struct changepoint *c, enum verdict verdict)
{
	const struct machine_result *results = k->machines[machine].results;
	const struct change change = {
		.machine = machine,
		.before = &results[v->at[c->at - 1]],
		.after = &results[v->at[c->at]],
		.relative = values__relative(v, c->before, c->after),
		.p = c->p,
		.verdict = verdict,
	};

	if ((verdict != VERDICT_SLOWER && verdict != VERDICT_FASTER) ||
	    !isfinite(change.after->seconds))
		return;
	k->changes = alloc__room(k->changes, k->nr_changes, sizeof(*k->changes));
	k->changes[k->nr_changes++] = change;
}

/* Finds a machine's changes and its present level. */
static void follow(struct kind *k, size_t machine, enum trend_figure figure)
{
	struct history_series s = k->machines[machine].series;
	struct changepoint *changes = NULL;
	size_t nr = 0, from = 0;
	struct values v;

	s.higher_is_better = k->cell->higher_is_better;
	values__init(&v, &s, figure);
	if (changepoint__find(v.v, v.nr, k->options->alpha,
			      values__least_move(&v, k->options->floor), &changes, &nr))
		alloc__fail();
	for (size_t i = 0; i < nr; i++) {
		size_t to = i + 1 < nr ? changes[i + 1].at : v.nr;
		enum verdict verdict;
		json_t *why;

		verdict = levels__judge(&s, &v, &changes[i], from, to, k->options, &why);
		add_change(k, machine, &v, &changes[i], verdict);
		json_decref(why);
		from = changes[i].at;
	}
	k->levels[machine] = v.nr - from < LEAST_AT_LEVEL ?
				     NAN :
				     values__shown(&v, stats__median(v.v + from, v.nr - from));
	k->like.logs = k->like.logs && v.logs;
	k->like.ratio = v.ratio;
	free(changes);
	values__destroy(&v);
}

static int by_verdict_and_time(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	if (x->verdict != y->verdict)
		return x->verdict < y->verdict ? -1 : 1;
	if (x->after->seconds != y->after->seconds)
		return x->after->seconds < y->after->seconds ? -1 : 1;
	return (x->machine > y->machine) - (x->machine < y->machine);
}

/* P(X >= k) of a Poisson distribution. */
static double poisson_tail(double mean, size_t k)
{
	double term = exp(-mean), below = 0;

	for (size_t i = 0; i < k; i++) {
		below += term;
		term *= mean / (double)(i + 1);
	}
	return fmax(1 - below, 0);
}

/* The changes that make one finding. */
struct together {
	const struct change *first;
	size_t nr;	/* of changes */
	bool *has;	/* by machine */
	size_t members; /* machines */
};

static struct together gather(const struct kind *k, const struct change *first, size_t nr)
{
	struct together t = { .first = first, .nr = nr };

	t.has = alloc__need_zeroed(k->nr, sizeof(*t.has));
	for (size_t i = 0; i < nr; i++) {
		t.members += !t.has[first[i].machine];
		t.has[first[i].machine] = true;
	}
	return t;
}

/* Whether a machine's results could have shown a change at that time. */
static bool could_have(const struct machine *m, double from, double to)
{
	size_t before = 0, after = 0;

	for (size_t i = 0; i < m->series.nr; i++) {
		before += m->results[i].seconds < from;
		after += m->results[i].seconds >= to;
	}
	return before >= LEAST_AT_LEVEL && after >= LEAST_AT_LEVEL;
}

static const char *text_of(const struct together *t, size_t i, bool before, bool kernel)
{
	const struct machine_result *r = before ? t->first[i].before : t->first[i].after;

	return kernel ? r->kernel : r->build;
}

/*
 * A text that three in four of the changes have, or null. Not all: now and then a change is found
 * one result too early or late.
 */
static json_t *common(const struct together *t, bool before, bool kernel)
{
	for (size_t i = 0; i <= t->nr / 4; i++) {
		const char *text = text_of(t, i, before, kernel);
		size_t same = 0;

		for (size_t k = 0; k < t->nr; k++)
			same += !strcmp(text, text_of(t, k, before, kernel));
		if (4 * same >= 3 * t->nr)
			return json__text(text);
	}
	return json_null();
}

static json_t *describe(const struct kind *k)
{
	json_t *cell = json_object();

	json_object_set_new(cell, "label", json__text(k->cell->label));
	json_object_set_new(cell, "config", json__text(k->cell->config));
	json_object_set_new(cell, "backend", json__text(k->cell->backend));
	json_object_set_new(cell, "group", json__text(k->cell->group));
	json_object_set_new(cell, "unit", json__text(k->cell->unit));
	json_object_set_new(cell, "figure", json_string(k->like.ratio ? "ratio" : "cost"));
	json_object_set_new(cell, "fingerprint", json__text(k->machines[0].fingerprint));
	return cell;
}

static void add_sizes(json_t *finding, const struct together *t)
{
	double *sizes = alloc__need_zeroed(t->nr, sizeof(*sizes));

	for (size_t i = 0; i < t->nr; i++)
		sizes[i] = t->first[i].relative;
	json_object_set_new(finding, "change", json__number(stats__median(sizes, t->nr)));
	stats__sort(sizes, t->nr);
	json_object_set_new(finding, "least", json__number(sizes[0]));
	json_object_set_new(finding, "most", json__number(sizes[t->nr - 1]));
	free(sizes);
}

static void add_finding(struct kind *k, const struct together *t)
{
	const struct machine_result *from = t->first->after, *to = t->first[t->nr - 1].after;
	json_t *finding = describe(k), *machines = json_array(), *without = json_array();
	size_t of = t->members;

	for (size_t i = 0; i < k->nr; i++) {
		const struct machine *m = &k->machines[i];

		if (t->has[i]) {
			json_array_append_new(machines, json__text(m->name));
		} else if (could_have(m, from->seconds, to->seconds)) {
			json_array_append_new(without, json__text(m->name));
			of++;
		}
	}
	json_object_set_new(finding, "verdict", json_string(verdict__name(t->first->verdict)));
	add_sizes(finding, t);
	json_object_set_new(finding, "from", json__text(from->started));
	json_object_set_new(finding, "to", json__text(to->started));
	json_object_set_new(finding, "before_kernel", common(t, true, true));
	json_object_set_new(finding, "kernel", common(t, false, true));
	json_object_set_new(finding, "before_build", common(t, true, false));
	json_object_set_new(finding, "build", common(t, false, false));
	json_object_set_new(finding, "of", json_integer((json_int_t)of));
	json_object_set_new(finding, "machines", machines);
	json_object_set_new(finding, "without", without);
	json_array_append_new(k->findings, finding);
}

/* Changes between which there is no gap: one finding, or none, or some of single machines. */
static void judge_together(struct kind *k, const struct change *first, size_t nr, size_t followed)
{
	double alpha = k->options->alpha, by_chance = alpha * (double)followed;
	struct together t = gather(k, first, nr);

	if (poisson_tail(by_chance, t.members) < alpha) {
		add_finding(k, &t);
	} else {
		for (size_t i = 0; i < nr; i++) {
			struct together one = gather(k, &first[i], 1);

			if (first[i].p < alpha / (double)followed)
				add_finding(k, &one);
			free(one.has);
		}
	}
	free(t.has);
}

static void find_together(struct kind *k)
{
	size_t followed = 0;

	for (size_t i = 0; i < k->nr; i++)
		followed += k->machines[i].series.nr >= CHANGEPOINT_LEAST;
	qsort(k->changes, k->nr_changes, sizeof(*k->changes), by_verdict_and_time);
	for (size_t i = 0, n; i < k->nr_changes; i += n) {
		const struct change *c = &k->changes[i];

		for (n = 1; i + n < k->nr_changes && c[n].verdict == c->verdict &&
			    c[n].after->seconds - c[n - 1].after->seconds <= k->apart_s;
		     n++)
			;
		judge_together(k, c, n, followed);
	}
}

static void find_apart(struct kind *k)
{
	double *levels = alloc__need_zeroed(k->nr, sizeof(*levels)), usual, limit;
	size_t nr = 0;

	for (size_t i = 0; i < k->nr; i++)
		if (isfinite(k->levels[i]))
			levels[nr++] = k->like.logs ? log(k->levels[i]) : k->levels[i];
	k->like.v = levels;
	k->like.nr = nr;
	usual = stats__median(levels, nr);
	limit = nr < 2 ? NAN :
			 levels__t_quantile(1 - k->options->alpha / (2 * (double)nr),
					    (double)nr - 1) *
				 inference__spread(levels, nr) * sqrt(1 + M_PI_2 / (double)nr);
	limit = fmax(limit, values__least_move(&k->like, k->options->floor));
	for (size_t i = 0; i < k->nr && nr >= LEVELS_LEAST; i++) {
		double level = k->like.logs ? log(k->levels[i]) : k->levels[i];
		bool worse = (level > usual) != (k->cell->higher_is_better && !k->like.ratio);
		json_t *apart;

		if (!(fabs(level - usual) > limit))
			continue;
		apart = describe(k);
		json_object_set_new(apart, "machine", json__text(k->machines[i].name));
		json_object_set_new(apart, "verdict",
				    json_string(verdict__name(worse ? VERDICT_SLOWER :
								      VERDICT_FASTER)));
		json_object_set_new(apart, "level", json__number(k->levels[i]));
		json_object_set_new(apart, "usual", json__number(values__shown(&k->like, usual)));
		json_object_set_new(apart, "change",
				    json__number(values__relative(&k->like, usual, level)));
		json_object_set_new(apart, "limit",
				    json__number(values__relative(&k->like, usual, usual + limit)));
		json_object_set_new(apart, "of", json_integer((json_int_t)nr));
		json_array_append_new(k->apart, apart);
	}
	free(levels);
}

static void judge_kind(struct kind *k)
{
	enum trend_figure figure = figure_of(k);

	k->like.logs = true;
	k->apart_s = MOST_APART * usual_interval(k);
	k->levels = alloc__need_zeroed(k->nr, sizeof(*k->levels));
	for (size_t i = 0; i < k->nr; i++)
		follow(k, i, figure);
	find_together(k);
	find_apart(k);
	free(k->levels);
	free(k->changes);
}

/* Machines of a kind stand together. */
static void judge_cell(const struct history_series *cell, const struct machines *m,
		       const struct trend_options *options, json_t *findings, json_t *apart)
{
	for (size_t from = 0, to; from < m->nr; from = to) {
		struct kind k = {
			.cell = cell,
			.machines = &m->list[from],
			.options = options,
			.findings = findings,
			.apart = apart,
		};

		for (to = from + 1;
		     to < m->nr && !strcmp(m->list[from].fingerprint, m->list[to].fingerprint);
		     to++)
			;
		k.nr = to - from;
		judge_kind(&k);
	}
}

/* Those of most machines first, then the greatest. */
static int by_weight(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	size_t p = json_array_size(json_object_get(x, "machines"));
	size_t q = json_array_size(json_object_get(y, "machines"));
	double s = fabs(doc__number(x, "change")), t = fabs(doc__number(y, "change"));

	if (p != q)
		return p > q ? -1 : 1;
	return (s < t) - (s > t);
}

static json_t *sorted(json_t *list)
{
	size_t nr = json_array_size(list);
	json_t **items = alloc__need_zeroed(nr + 1, sizeof(json_t *)), *ordered = json_array();

	for (size_t i = 0; i < nr; i++)
		items[i] = json_array_get(list, i);
	qsort(items, nr, sizeof(json_t *), by_weight);
	for (size_t i = 0; i < nr; i++)
		json_array_append(ordered, items[i]);
	free(items);
	json_decref(list);
	return ordered;
}

json_t *fleet__find(struct history *history, const char *fingerprint, size_t last,
		    const struct trend_options *options, struct error *err)
{
	const struct history_filter filter = trend__filter(options);
	json_t *findings = json_array(), *apart = json_array(), *fleet = NULL;
	json_t *kinds = machines__kinds(history, fingerprint, err);
	struct history_series *cells = NULL;
	size_t nr = 0, looked_at = 0;
	int ret = kinds ? history__cells(history, &filter, &cells, &nr, err) : err->code;

	for (size_t i = 0; i < nr && !ret; i++) {
		struct machines machines;

		if (!cells[i].wanted)
			continue;
		ret = machines__read(&machines, history, cells[i].cell, fingerprint, last, err);
		if (ret)
			break;
		looked_at += machines.nr > 0;
		judge_cell(&cells[i], &machines, options, findings, apart);
		machines__destroy(&machines);
	}
	findings = sorted(findings);
	apart = sorted(apart);
	if (!ret)
		fleet = json_pack("{s:O, s:I, s:O, s:O}", "kinds", kinds, "cells",
				  (json_int_t)looked_at, "findings", findings, "apart", apart);
	history__free_series(cells, nr);
	json_decref(kinds);
	json_decref(findings);
	json_decref(apart);
	return fleet;
}
