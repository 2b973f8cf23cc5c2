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
	size_t machine;				     /* among those of the fleet */
	const struct machine_result *before, *after; /* the last one before it, the first after */
	double relative, p;
	enum verdict verdict;
};

/* Changes of several machines that are one, in the order of time; of one or more kinds. */
struct finding {
	struct change *changes;
	size_t nr;
	double apart_s; /* how far apart those of one finding may be */
	bool ratio;
};

/* A cell on all machines. */
struct fleet {
	const struct history_series *cell;
	const struct machines *machines;
	struct finding *found;
	size_t nr_found;
	json_t *findings, *apart;
};

/* A cell on the machines of one kind. */
struct kind {
	struct fleet *fleet;
	const struct history_series *cell;
	const struct machine *machines;
	size_t first, nr; /* among those of the fleet */
	const struct trend_options *options;
	struct values like; /* what all machines' values have in common; no values */
	double *levels;	    /* of each machine since its last change; NAN: too few results */
	double apart_s;	    /* how far apart changes of one finding may be */
	struct change *changes;
	size_t nr_changes;
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
		.machine = k->first + machine,
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

/* How many machines have one of these changes; `has`: which, may be NULL. */
static size_t members_of(const struct fleet *f, const struct change *changes, size_t nr, bool *has)
{
	bool *seen = alloc__need_zeroed(f->machines->nr, sizeof(*seen));
	size_t members = 0;

	for (size_t i = 0; i < nr; i++) {
		members += !seen[changes[i].machine];
		seen[changes[i].machine] = true;
	}
	if (has)
		memcpy(has, seen, f->machines->nr * sizeof(*seen));
	free(seen);
	return members;
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

static const char *text_of(const struct finding *found, size_t i, bool before, bool kernel)
{
	const struct machine_result *r = before ? found->changes[i].before :
						  found->changes[i].after;

	return kernel ? r->kernel : r->build;
}

/*
 * A text that three in four of the changes have, or null. Not all: now and then a change is found
 * one result too early or late.
 */
static json_t *common(const struct finding *found, bool before, bool kernel)
{
	for (size_t i = 0; i <= found->nr / 4; i++) {
		const char *text = text_of(found, i, before, kernel);
		size_t same = 0;

		for (size_t k = 0; k < found->nr; k++)
			same += !strcmp(text, text_of(found, k, before, kernel));
		if (4 * same >= 3 * found->nr)
			return json__text(text);
	}
	return json_null();
}

static json_t *describe(const struct history_series *s, bool ratio)
{
	json_t *cell = json_object();

	json_object_set_new(cell, "label", json__text(s->label));
	json_object_set_new(cell, "config", json__text(s->config));
	json_object_set_new(cell, "backend", json__text(s->backend));
	json_object_set_new(cell, "group", json__text(s->group));
	json_object_set_new(cell, "unit", json__text(s->unit));
	json_object_set_new(cell, "figure", json_string(ratio ? "ratio" : "cost"));
	return cell;
}

static void add_sizes(json_t *finding, const struct finding *found)
{
	double *sizes = alloc__need_zeroed(found->nr, sizeof(*sizes));

	for (size_t i = 0; i < found->nr; i++)
		sizes[i] = found->changes[i].relative;
	json_object_set_new(finding, "change", json__number(stats__median(sizes, found->nr)));
	stats__sort(sizes, found->nr);
	json_object_set_new(finding, "least", json__number(sizes[0]));
	json_object_set_new(finding, "most", json__number(sizes[found->nr - 1]));
	free(sizes);
}

/* Machines of the kinds that have the change: those that do, and those that could and do not. */
static void add_machines(json_t *finding, const struct fleet *f, const struct finding *found)
{
	const struct change *first = found->changes, *last = first + found->nr - 1;
	bool *has = alloc__need_zeroed(f->machines->nr, sizeof(*has));
	json_t *kinds = json_array(), *with = json_array(), *without = json_array();

	members_of(f, found->changes, found->nr, has);
	for (size_t from = 0, to; from < f->machines->nr; from = to) {
		bool affected = false;

		to = machines__end_of_kind(f->machines, from);
		for (size_t i = from; i < to; i++)
			affected = affected || has[i];
		if (affected)
			json_array_append_new(kinds,
					      json__text(f->machines->list[from].fingerprint));
		for (size_t i = from; i < to && affected; i++) {
			const struct machine *m = &f->machines->list[i];

			if (has[i] || could_have(m, first->after->seconds, last->after->seconds))
				json_array_append_new(has[i] ? with : without, json__text(m->name));
		}
	}
	json_object_set_new(finding, "fingerprints", kinds);
	json_object_set_new(finding, "of",
			    json_integer((json_int_t)(json_array_size(with) +
						      json_array_size(without))));
	json_object_set_new(finding, "machines", with);
	json_object_set_new(finding, "without", without);
	free(has);
}

static void show_finding(struct fleet *f, const struct finding *found)
{
	const struct change *first = found->changes, *last = first + found->nr - 1;
	json_t *finding = describe(f->cell, found->ratio);

	json_object_set_new(finding, "verdict", json_string(verdict__name(first->verdict)));
	add_sizes(finding, found);
	json_object_set_new(finding, "from", json__text(first->after->started));
	json_object_set_new(finding, "to", json__text(last->after->started));
	json_object_set_new(finding, "before_kernel", common(found, true, true));
	json_object_set_new(finding, "kernel", common(found, false, true));
	json_object_set_new(finding, "before_build", common(found, true, false));
	json_object_set_new(finding, "build", common(found, false, false));
	add_machines(finding, f, found);
	json_array_append_new(f->findings, finding);
}

static bool at_one_time(const struct finding *a, const struct finding *b)
{
	double apart = fmax(a->apart_s, b->apart_s);

	return a->changes->verdict == b->changes->verdict && a->ratio == b->ratio &&
	       b->changes->after->seconds <= a->changes[a->nr - 1].after->seconds + apart &&
	       a->changes->after->seconds <= b->changes[b->nr - 1].after->seconds + apart;
}

/* Adds a finding to one that another kind had at the same time, or to those there are. */
static void add_finding(const struct kind *k, const struct change *first, size_t nr)
{
	struct finding found = { .nr = nr, .apart_s = k->apart_s, .ratio = k->like.ratio };
	struct fleet *f = k->fleet;

	found.changes = alloc__need(nr * sizeof(*first));
	memcpy(found.changes, first, nr * sizeof(*first));
	for (size_t i = 0; i < f->nr_found;) {
		struct finding *other = &f->found[i];

		if (!at_one_time(other, &found)) {
			i++;
			continue;
		}
		other->changes = realloc(other->changes, (other->nr + found.nr) * sizeof(*first));
		if (!other->changes)
			alloc__fail();
		memcpy(other->changes + other->nr, found.changes, found.nr * sizeof(*first));
		other->nr += found.nr;
		other->apart_s = fmax(other->apart_s, found.apart_s);
		qsort(other->changes, other->nr, sizeof(*first), by_verdict_and_time);
		free(found.changes);
		/* Which may now touch others. */
		found = *other;
		*other = f->found[--f->nr_found];
		i = 0;
	}
	f->found = alloc__room(f->found, f->nr_found, sizeof(*f->found));
	f->found[f->nr_found++] = found;
}

/* Changes between which there is no gap: one finding, or none, or some of single machines. */
static void judge_together(struct kind *k, const struct change *first, size_t nr, size_t followed)
{
	double alpha = k->options->alpha, by_chance = alpha * (double)followed;

	if (poisson_tail(by_chance, members_of(k->fleet, first, nr, NULL)) < alpha) {
		add_finding(k, first, nr);
		return;
	}
	for (size_t i = 0; i < nr; i++)
		if (first[i].p < alpha / (double)followed)
			add_finding(k, &first[i], 1);
}

static void find_together(struct kind *k)
{
	size_t followed = 0;

	for (size_t i = 0; i < k->nr; i++)
		followed += k->machines[i].series.nr >= CHANGEPOINT_LEAST;
	/* Of no changes there is no list, which qsort() must not be given. */
	if (k->nr_changes)
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
		apart = describe(k->cell, k->like.ratio);
		json_object_set_new(apart, "fingerprint", json__text(k->machines[i].fingerprint));
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
		json_array_append_new(k->fleet->apart, apart);
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

static void judge_cell(const struct history_series *cell, const struct machines *m,
		       const struct trend_options *options, json_t *findings, json_t *apart)
{
	struct fleet f = { .cell = cell, .machines = m, .findings = findings, .apart = apart };

	for (size_t from = 0, to; from < m->nr; from = to) {
		struct kind k = { .fleet = &f,
				  .cell = cell,
				  .machines = &m->list[from],
				  .first = from,
				  .options = options };

		to = machines__end_of_kind(m, from);
		k.nr = to - from;
		judge_kind(&k);
	}
	for (size_t i = 0; i < f.nr_found; i++) {
		show_finding(&f, &f.found[i]);
		free(f.found[i].changes);
	}
	free(f.found);
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
