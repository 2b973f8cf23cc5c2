// SPDX-License-Identifier: GPL-2.0-or-later
/* A cell's figures on many machines: see machines.h. */
#include "bench/history/machines.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/base/alloc.h"
#include "bench/base/json.h"
#include "bench/history/db.h"

static double seconds_of(const char *text)
{
	struct tm tm = { 0 };

	return strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) ? (double)timegm(&tm) : NAN;
}

/* One copy of a text for all results in a row that have it. */
static const char *shared_text(struct machines *m, const char *previous, const char *text)
{
	if (previous && !strcmp(previous, text))
		return previous;
	m->texts = alloc__room(m->texts, m->nr_texts, sizeof(*m->texts));
	return m->texts[m->nr_texts++] = alloc__text(text);
}

/* The machine of a row: the last one, or the next. */
static struct machine *machine_of(struct machines *m, struct db_statement *stmt)
{
	const char *fingerprint = db_statement__text(stmt, 0);
	struct machine *last = m->nr ? &m->list[m->nr - 1] : NULL;
	char *kind = NULL;

	if (last && !strcmp(last->fingerprint, fingerprint) &&
	    !strcmp(last->name, db_statement__text(stmt, 1)))
		return last;
	kind = alloc__text(db_statement__text(stmt, 0));
	m->list = alloc__room(m->list, m->nr, sizeof(*m->list));
	last = &m->list[m->nr++];
	*last = (struct machine){ .fingerprint = kind,
				  .name = alloc__text(db_statement__text(stmt, 1)) };
	return last;
}

static void add_point(struct machines *m, struct machine *machine, struct db_statement *stmt)
{
	struct history_series *s = &machine->series;
	const struct machine_result *before = s->nr ? &machine->results[s->nr - 1] : NULL;
	const char *kernel = before ? before->kernel : NULL;
	const char *build = before ? before->build : NULL;

	kernel = shared_text(m, kernel, db_statement__text(stmt, 4));
	build = shared_text(m, build, db_statement__text(stmt, 5));
	machine->results = alloc__room(machine->results, s->nr, sizeof(*machine->results));
	s->points = alloc__room(s->points, s->nr, sizeof(*s->points));
	machine->results[s->nr] = (struct machine_result){
		.started = alloc__text(db_statement__text(stmt, 3)),
		.seconds = seconds_of(db_statement__text(stmt, 3)),
		.kernel = kernel,
		.build = build,
	};
	s->points[s->nr] = (struct history_point){
		.result = db_statement__integer(stmt, 2),
		.at = s->nr,
		.p50 = db_statement__number(stmt, 6),
		.low = NAN,
		.high = NAN,
		.ratio = db_statement__number(stmt, 7),
		.exits = NAN,
	};
	s->nr++;
}

/* Keeps the latest results of a machine. */
static void keep_last(struct machine *machine, size_t last)
{
	struct history_series *s = &machine->series;
	size_t drop = last && s->nr > last ? s->nr - last : 0;

	if (!drop)
		return;
	for (size_t i = 0; i < drop; i++)
		free(machine->results[i].started);
	s->nr -= drop;
	memmove(s->points, s->points + drop, s->nr * sizeof(*s->points));
	memmove(machine->results, machine->results + drop, s->nr * sizeof(*machine->results));
	for (size_t i = 0; i < s->nr; i++)
		s->points[i].at = i;
}

int machines__read(struct machines *m, struct history *h, int64_t cell, const char *fingerprint,
		   size_t last, struct error *err)
{
	struct db_statement *stmt;
	char sql[512];
	int ret;

	*m = (struct machines){ 0 };
	snprintf(sql, sizeof(sql),
		 "SELECT fingerprint, %s, figures.result, started, kernel, label, p50, ratio FROM "
		 "figures JOIN results ON results.id = figures.result%s WHERE figures.cell = $1%s "
		 "ORDER BY 1, 2, started, figures.result",
		 h->has_machines ? "coalesce(machines.name, '')" : "''",
		 h->has_machines ? " LEFT JOIN machines ON machines.result = figures.result" : "",
		 fingerprint ? " AND fingerprint = $2" : "");
	stmt = db__prepare(h, sql, err);
	if (!stmt)
		return err->code;
	db_statement__bind_integer(stmt, 1, cell);
	if (fingerprint)
		db_statement__bind_text(stmt, 2, fingerprint);
	while ((ret = db_statement__next(stmt, err)) > 0)
		add_point(m, machine_of(m, stmt), stmt);
	db_statement__free(stmt);
	for (size_t i = 0; i < m->nr; i++)
		keep_last(&m->list[i], last);
	if (ret)
		machines__destroy(m);
	return ret;
}

size_t machines__end_of_kind(const struct machines *m, size_t from)
{
	size_t to = from + 1;

	while (to < m->nr && !strcmp(m->list[from].fingerprint, m->list[to].fingerprint))
		to++;
	return to;
}

void machines__destroy(struct machines *m)
{
	for (size_t i = 0; i < m->nr; i++) {
		struct machine *machine = &m->list[i];

		for (size_t k = 0; k < machine->series.nr; k++)
			free(machine->results[k].started);
		free(machine->results);
		free(machine->series.points);
		free(machine->fingerprint);
		free(machine->name);
	}
	for (size_t i = 0; i < m->nr_texts; i++)
		free(m->texts[i]);
	free(m->texts);
	free(m->list);
	*m = (struct machines){ 0 };
}

json_t *machines__kinds(struct history *h, const char *fingerprint, struct error *err)
{
	static const char *const names[] = { "fingerprint", "machines", "results", "first",
					     "last" };
	struct db_statement *stmt;
	json_t *list;
	char sql[512];
	int ret;

	snprintf(
		sql, sizeof(sql),
		"SELECT fingerprint, count(DISTINCT %s), count(*), min(started), max(started) FROM "
		"results%s WHERE cells > 0%s GROUP BY fingerprint ORDER BY 2 DESC, 1",
		h->has_machines ? "coalesce(machines.name, '')" : "''",
		h->has_machines ? " LEFT JOIN machines ON machines.result = results.id" : "",
		fingerprint ? " AND fingerprint = $1" : "");
	stmt = db__prepare(h, sql, err);
	if (!stmt)
		return NULL;
	if (fingerprint)
		db_statement__bind_text(stmt, 1, fingerprint);
	list = json_array();
	while ((ret = db_statement__next(stmt, err)) > 0) {
		json_t *kind = json_object();

		for (int i = 0; i < 5; i++)
			json_object_set_new(kind, names[i],
					    i == 1 || i == 2 ?
						    json_integer(db_statement__integer(stmt, i)) :
						    json__text(db_statement__text(stmt, i)));
		json_array_append_new(list, kind);
	}
	db_statement__free(stmt);
	if (ret) {
		json_decref(list);
		return NULL;
	}
	return list;
}
