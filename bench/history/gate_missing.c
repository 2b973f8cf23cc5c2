// SPDX-License-Identifier: GPL-2.0-or-later
/* Cells that a gate must not overlook: see gate_missing.h. */
#include "bench/history/gate_missing.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/error.h"
#include "bench/base/json.h"
#include "bench/base/verdicts.h"
#include "bench/plan/plan.h"

/*
 * A cell is reported as missing for so many results; after that it counts as given up on purpose.
 */
#define REMEMBERED 8

struct gating {
	json_t *gate;
	const json_t *results, *unmeasured;
	const struct history_series *series;
	size_t nr, last; /* series; index of the judged result */
	bool *peer;	 /* which results tell what cells to expect */
	bool *own;	 /* which series the judged result has, measured or not */
	enum compare_missing missing;
	struct history_filter filter;
};

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name)) ?: "";
}

static bool has(const struct history_series *s, size_t at)
{
	for (size_t i = s->nr; i-- > 0 && s->points[i].at >= at;)
		if (s->points[i].at == at)
			return true;
	return false;
}

static bool share_a_cell(const struct gating *g, size_t at)
{
	for (size_t i = 0; i < g->nr; i++)
		if (g->own[i] && has(&g->series[i], at))
			return true;
	return false;
}

/* By the name of their job, where there is one and it says what was measured. */
static bool of_one_job(const struct gating *g, size_t at)
{
	const char *job = text_of(json_array_get(g->results, g->last), "job");
	const char *other = text_of(json_array_get(g->results, at), "job");
	bool same = !strcmp(job, other);

	if (!*job || !*other || (same && !strcmp(job, PLAN_OF_COMMAND_LINE)))
		return share_a_cell(g, at);
	return same;
}

/* Marks the latest earlier results that measured the same as the judged one. */
static void find_peers(struct gating *g)
{
	size_t found = 0;

	for (size_t at = g->last; at-- > 0 && found < REMEMBERED;) {
		g->peer[at] = of_one_job(g, at);
		found += g->peer[at];
	}
}

/* The latest peer that has this cell; NULL: none. */
static const json_t *last_seen(const struct gating *g, const struct history_series *s)
{
	for (size_t i = s->nr; i-- > 0;)
		if (g->peer[s->points[i].at])
			return json_array_get(g->results, s->points[i].at);
	return NULL;
}

/* A series' key in the form that cells without a figure have. */
static char *key_without_unit(const char *key)
{
	json_t *object = json_loads(key, 0, NULL);
	char *text;

	json_object_del(object, "unit");
	text = object ?
		       json_dumps(object, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(12)) :
		       NULL;
	json_decref(object);
	return text;
}

static const json_t *unmeasured_of(const struct gating *g, const struct history_series *s)
{
	char *key = key_without_unit(s->key);
	const json_t *one, *found = NULL;
	size_t i;

	json_array_foreach(g->unmeasured, i, one)
		if (key && !strcmp(text_of(one, "key"), key))
			found = one;
	free(key);
	return found;
}

static void add(struct gating *g, enum verdict verdict, const char *label, const char *config,
		const char *backend, const char *group, json_t *why)
{
	json_t *counts = json_object_get(g->gate, "counts"), *cell = json_object();
	const char *name = verdict__name(verdict);

	json_object_set_new(cell, "label", json__text(label));
	json_object_set_new(cell, "config", json__text(config));
	json_object_set_new(cell, "backend", json__text(backend));
	json_object_set_new(cell, "group", json__text(group));
	json_object_set_new(cell, "verdict", json_string(name));
	json_object_set_new(cell, "status",
			    json_integer(verdict == VERDICT_MISSING ?
						 compare_status__of_missing(g->missing) :
						 verdict__status(name)));
	for (const char *const *field = (const char *const[]){ "value", "level", "change", "limit",
							       "noise", "n", NULL };
	     *field; field++)
		json_object_set_new(cell, *field, json_null());
	json_object_set_new(cell, "why", why ?: json_string(""));
	json_array_append_new(json_object_get(g->gate, "cells"), cell);
	json_object_set_new(counts, name,
			    json_integer(json_integer_value(json_object_get(counts, name)) + 1));
}

/* Adds cells that earlier results had and this one lacks. */
static void add_missing(struct gating *g)
{
	for (size_t i = 0; i < g->nr; i++) {
		const struct history_series *s = &g->series[i];
		const json_t *seen = has(s, g->last) ? NULL : last_seen(g, s), *one;

		if (!seen || !g->filter.wanted(s, g->filter.context))
			continue;
		one = unmeasured_of(g, s);
		/* Failed cells are added by add_failed(). */
		if (one && !strcmp(text_of(one, "status"), "failed"))
			continue;
		add(g, VERDICT_MISSING, s->label, s->config, s->backend, s->group,
		    one ? json_sprintf("%s: %s", text_of(one, "status"), text_of(one, "reason")) :
			  json_sprintf("not in this result; measured in that of %s",
				       text_of(seen, "started")));
	}
}

static void add_failed(struct gating *g)
{
	const json_t *one;
	size_t i;

	json_array_foreach(g->unmeasured, i, one) {
		const struct history_series like = {
			.label = (char *)text_of(one, "label"),
			.group = (char *)text_of(one, "group"),
		};

		if (!strcmp(text_of(one, "status"), "failed") &&
		    g->filter.wanted(&like, g->filter.context))
			add(g, VERDICT_FAILED, like.label, text_of(one, "config"),
			    text_of(one, "backend"), like.group,
			    json_string(text_of(one, "reason")));
	}
}

static int status_of(const struct gating *g)
{
	int status = (int)json_integer_value(json_object_get(g->gate, "status"));
	const json_t *counts = json_object_get(g->gate, "counts");
	int of_missing = json_object_get(counts, verdict__name(VERDICT_MISSING)) ?
				 compare_status__of_missing(g->missing) :
				 EXIT_OK;

	if (json_object_get(counts, verdict__name(VERDICT_FAILED)) || of_missing == EXIT_REGRESSION)
		return EXIT_REGRESSION;
	/* A gate that judged nothing keeps its status, 3. */
	return status == EXIT_OK ? of_missing : status;
}

void gate__add_missing(json_t *gate, const json_t *results, const struct history_series *series,
		       size_t nr, const json_t *unmeasured, enum compare_missing missing,
		       const struct trend_options *options)
{
	struct gating g = {
		.gate = gate,
		.results = results,
		.unmeasured = unmeasured,
		.series = series,
		.nr = nr,
		.missing = missing,
		.filter = trend__filter(options),
	};

	if (!json_array_size(results))
		return;
	g.last = json_array_size(results) - 1;
	g.peer = alloc__need_zeroed(json_array_size(results), sizeof(*g.peer));
	g.own = alloc__need_zeroed(nr + 1, sizeof(*g.own));
	for (size_t i = 0; i < nr; i++)
		g.own[i] = has(&series[i], g.last) || unmeasured_of(&g, &series[i]);
	find_peers(&g);
	add_failed(&g);
	add_missing(&g);
	free(g.peer);
	free(g.own);
	json_object_set_new(gate, "status", json_integer(status_of(&g)));
}
