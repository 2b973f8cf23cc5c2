// SPDX-License-Identifier: GPL-2.0-or-later
/* The results of a history, without their cells' figures: see store.h. */
#include "bench/history/store.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/base/json.h"
#include "bench/history/db.h"

static json_t *column_text(struct db_statement *stmt, int column)
{
	return json_string(db_statement__text(stmt, column)) ?: json_string("?");
}

/* "irqchip=split against irqchip=kernel", …: what the result holds besides cells. */
static json_t *read_ab(struct history *h, int64_t result)
{
	struct error ignored = { 0 };
	struct db_statement *stmt = NULL;
	json_t *list = json_array();

	if (h->has_notes)
		stmt = db__prepare(h,
				   "SELECT workload, a, b, verdict, change FROM ab WHERE "
				   "result = $1 ORDER BY nr",
				   &ignored);
	if (!stmt)
		return list;
	db_statement__bind_integer(stmt, 1, result);
	while (db_statement__next(stmt, &ignored) > 0) {
		json_t *one = json_object();

		json_object_set_new(one, "workload", column_text(stmt, 0));
		json_object_set_new(one, "a", column_text(stmt, 1));
		json_object_set_new(one, "b", column_text(stmt, 2));
		json_object_set_new(one, "verdict", column_text(stmt, 3));
		json_object_set_new(one, "change", json__number(db_statement__number(stmt, 4)));
		json_array_append_new(list, one);
	}
	db_statement__free(stmt);
	return list;
}

static json_t *result_of(struct history *h, struct db_statement *stmt)
{
	static const char *const names[] = { "started",	    "name",  "label", "kernel", "version",
					     "fingerprint", "clock", "job",   "machine" };
	static const char *const loads[] = { "cpus", "own_cpus", "others_cpus", "average" };
	int64_t id = db_statement__integer(stmt, 0);
	json_t *result = json_pack("{s:I}", "id", (json_int_t)id), *load = json_object();

	for (int i = 0; i < 9; i++)
		json_object_set_new(result, names[i], column_text(stmt, i + 1));
	json_object_set_new(result, "cells", json_integer(db_statement__integer(stmt, 10)));
	for (int i = 0; i < 4; i++)
		json_object_set_new(load, loads[i],
				    json__number(db_statement__number(stmt, i + 11)));
	json_object_set_new(result, "load", load);
	if (!db_statement__integer(stmt, 10))
		json_object_set_new(result, "ab", read_ab(h, id));
	return result;
}

/* The query returned the latest first; the caller wants the order of time. */
static void turn_round(json_t *list)
{
	for (size_t i = 0, n = json_array_size(list); i < n / 2; i++) {
		json_t *a = json_incref(json_array_get(list, i)),
		       *b = json_incref(json_array_get(list, n - 1 - i));

		json_array_set_new(list, i, b);
		json_array_set_new(list, n - 1 - i, a);
	}
}

/* A list's query; $1: the least number of cells, then what `which` names, and how many results. */
static void make_query(const struct history *h, const struct history_which *which, char *sql,
		       size_t len)
{
	int nr = 1;
	char host[48] = "", machine[48] = "", id[48] = "";

	if (which->fingerprint)
		snprintf(host, sizeof(host), " AND fingerprint = $%d", ++nr);
	if (which->machine)
		snprintf(machine, sizeof(machine),
			 h->has_machines ? " AND machines.name = $%d" : " AND '' = $%d", ++nr);
	if (which->id)
		snprintf(id, sizeof(id), " AND id = %" PRId64, which->id);
	snprintf(sql, len,
		 "SELECT id, started, results.name, label, kernel, version, fingerprint, clock, "
		 "%s, %s, cells, %s FROM results%s%s%s WHERE cells >= $1%s%s%s "
		 "ORDER BY started DESC, id DESC LIMIT $%d",
		 h->has_notes ? "jobs.name AS job" : "''",
		 h->has_machines ? "machines.name AS machine" : "''",
		 h->has_loads ? "loads.cpus, own, others, average" : "NULL, NULL, NULL, NULL",
		 h->has_notes ? " LEFT JOIN jobs ON jobs.result = id" : "",
		 h->has_machines ? " LEFT JOIN machines ON machines.result = id" : "",
		 h->has_loads ? " LEFT JOIN loads ON loads.result = id" : "", host, machine, id,
		 nr + 1);
}

static json_t *list_results(struct history *h, const struct history_which *which, size_t last,
			    bool measured, struct error *err)
{
	struct db_statement *stmt;
	json_t *list;
	char sql[1024];
	int ret, nr = 1;

	make_query(h, which, sql, sizeof(sql));
	stmt = db__prepare(h, sql, err);
	if (!stmt)
		return NULL;
	list = json_array();
	db_statement__bind_integer(stmt, 1, measured);
	if (which->fingerprint)
		db_statement__bind_text(stmt, ++nr, which->fingerprint);
	if (which->machine)
		db_statement__bind_text(stmt, ++nr, which->machine);
	db_statement__bind_integer(stmt, ++nr, last ? (int64_t)last : INT64_MAX);
	while ((ret = db_statement__next(stmt, err)) > 0)
		json_array_append_new(list, result_of(h, stmt));
	db_statement__free(stmt);
	if (ret) {
		json_decref(list);
		return NULL;
	}
	turn_round(list);
	return list;
}

json_t *history__list(struct history *h, const struct history_which *which, size_t last,
		      struct error *err)
{
	return list_results(h, which, last, false, err);
}

json_t *history__measured(struct history *h, const struct history_which *which, size_t last,
			  struct error *err)
{
	return list_results(h, which, last, true, err);
}

json_t *history__unmeasured(struct history *h, int64_t result, struct error *err)
{
	static const char *const names[] = { "key",   "label",	"config", "backend",
					     "group", "status", "reason" };
	struct db_statement *stmt;
	json_t *list = json_array();
	int ret;

	if (!h->has_notes)
		return list;
	stmt = db__prepare(h,
			   "SELECT key, label, config, backend, grp, status, reason FROM "
			   "unmeasured WHERE result = $1",
			   err);
	if (!stmt)
		goto failed;
	db_statement__bind_integer(stmt, 1, result);
	while ((ret = db_statement__next(stmt, err)) > 0) {
		json_t *one = json_object();

		for (int i = 0; i < 7; i++)
			json_object_set_new(one, names[i], column_text(stmt, i));
		json_array_append_new(list, one);
	}
	db_statement__free(stmt);
	if (!ret)
		return list;
failed:
	json_decref(list);
	return NULL;
}

/* Removes one result from all tables. */
static int remove_one(struct history *h, int64_t id, struct error *err)
{
	static const char *const tables[] = { "figures WHERE result",	"unmeasured WHERE result",
					      "jobs WHERE result",	"ab WHERE result",
					      "loads WHERE result",	"machines WHERE result",
					      "documents WHERE result", "results WHERE id" };
	int ret = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !ret; i++) {
		char sql[128];

		if (tables[i][0] == 'd' && !h->driver->keeps_documents)
			continue;
		snprintf(sql, sizeof(sql), "DELETE FROM %s = %" PRId64, tables[i], id);
		ret = h->driver->run(h, sql, "removing", err);
	}
	return ret;
}

static int find_and_remove(struct history *h, int64_t id, bool dry, json_t *removed,
			   struct error *err)
{
	const struct history_which which = { .id = id };
	json_t *found = history__list(h, &which, 1, err);
	int ret = found ? 0 : err->code;

	if (!ret && !json_array_size(found))
		ret = error__set(err, -ENOENT,
				 "there is no result %" PRId64
				 " ('hvbench history list' has the ids); nothing was removed",
				 id);
	if (!ret)
		json_array_extend(removed, found);
	if (!ret && !dry)
		ret = remove_one(h, id, err);
	json_decref(found);
	return ret;
}

json_t *history__remove(struct history *h, const int64_t *ids, size_t nr, bool dry,
			struct error *err)
{
	json_t *removed = json_array();
	int ret = h->driver->begin(h, dry ? DB_READ : DB_REMOVE, err);

	for (size_t k = 0; k < nr && !ret; k++)
		ret = find_and_remove(h, ids[k], dry, removed, err);
	/* Cells that no result has any more. */
	if (!ret && !dry)
		ret = h->driver->run(h,
				     "DELETE FROM cells WHERE NOT EXISTS "
				     "(SELECT 1 FROM figures WHERE cell = cells.id)",
				     "removing", err);
	ret = db__end(h, ret, "removing", err);
	if (ret) {
		json_decref(removed);
		removed = NULL;
	}
	return removed;
}
