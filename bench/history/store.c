// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The history of results in SQLite: see store.h.
 *
 * Figures are stored by cell, then by result, so that a trend is one contiguous read. A cell is
 * identified by text (the keys and values that comparisons match by), which is stored once.
 */
#include "bench/history/store.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/json.h"
#include "bench/history/db.h"
#include "bench/result/load.h"

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name)) ?: "";
}

static const json_t *below(const json_t *value, const char *name)
{
	return json_object_get(value, name);
}

static double number_at(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/*
 * Identifies a result by its content, so that adding it twice stores it once. Different results
 * never have the same content, since each has its own samples.
 */
static int digest_of(const json_t *doc, char digest[33])
{
	char *text = json_dumps(doc, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(12));
	uint64_t hash = 0xcbf29ce484222325ull, other = 0x9e3779b97f4a7c15ull;

	if (!text)
		return -ENOMEM;
	for (const char *at = text; *at; at++) {
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3ull;
		other = (other + (unsigned char)*at) * 0xff51afd7ed558ccdull;
		other ^= other >> 32;
	}
	free(text);
	snprintf(digest, 33, "%016" PRIx64 "%015" PRIx64, hash, other >> 4);
	return 0;
}

/*
 * A cell's key: what comparisons match by, and the unit, since figures in another unit are another
 * series. `unit` is NULL for a cell that was not measured: it has no meaningful unit.
 */
static char *key_of(const json_t *cell, const char *unit)
{
	json_t *config = json_deep_copy(below(cell, "config")), *key;
	char *text;

	if (json_object_size(config) > 1)
		json_object_del(config, "name");
	key = json_object();
	json_object_set_new(key, "workload", json_string(text_of(cell, "workload")));
	json_object_set_new(key, "backend", json_string(text_of(cell, "backend")));
	if (unit)
		json_object_set_new(key, "unit", json_string(unit));
	json_object_set(key, "ring", json_object_get(cell, "ring"));
	json_object_set(key, "params", json_object_get(cell, "params"));
	json_object_set_new(key, "config", config ?: json_null());
	text = json_dumps(key, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(key);
	return text;
}

/* What SQLite found no memory for would be stored, or sought, or shown, as if there were none. */
static void need_memory(int code)
{
	if ((code & 0xff) == SQLITE_NOMEM)
		alloc__fail();
}

static void bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
	need_memory(sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT));
}

/* "" if there is none. */
static const char *text_at(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	if (!text)
		need_memory(sqlite3_errcode(sqlite3_db_handle(stmt)));
	return text ?: "";
}

/* 1: there is one; 0: there is none, or no more; -errno. */
static int next_row(struct history *h, sqlite3_stmt *stmt, struct error *err)
{
	int step = sqlite3_step(stmt);

	if (step == SQLITE_ROW)
		return 1;
	return step == SQLITE_DONE ? 0 : history_db__fail(h, "reading", err);
}

static void bind_number(sqlite3_stmt *stmt, int at, double value)
{
	if (isfinite(value))
		sqlite3_bind_double(stmt, at, value);
	else
		sqlite3_bind_null(stmt, at);
}

static int add_result(struct history *h, const json_t *doc, const char *name, const char *label,
		      const char *digest, int64_t *id, struct error *err)
{
	const json_t *host = below(doc, "host");
	sqlite3_stmt *stmt = history_db__prepare(
		h,
		"INSERT INTO results (digest, started, name, label, kernel, version, fingerprint, "
		"clock, cells) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		err);
	int ret = 0;

	if (!stmt)
		return err->code;
	bind_text(stmt, 1, digest);
	bind_text(stmt, 2, text_of(doc, "started"));
	bind_text(stmt, 3, name);
	bind_text(stmt, 4, label ?: "");
	bind_text(stmt, 5, text_of(host, "kernel"));
	bind_text(stmt, 6, text_of(below(doc, "tool"), "version"));
	bind_text(stmt, 7, text_of(host, "fingerprint"));
	bind_text(stmt, 8, text_of(host, "clock"));
	sqlite3_bind_int64(stmt, 9, (sqlite3_int64)json_array_size(below(doc, "cells")));
	if (sqlite3_step(stmt) != SQLITE_DONE)
		ret = history_db__fail(h, "adding", err);
	sqlite3_finalize(stmt);
	*id = sqlite3_last_insert_rowid(h->db);
	return ret;
}

static const char *label_of(const json_t *cell)
{
	return *text_of(cell, "label") ? text_of(cell, "label") : text_of(cell, "workload");
}

/* The statements of history__add(), prepared once for all cells of a result. */
struct adding {
	sqlite3_stmt *new_cell, *find_cell, *figure;
};

static int64_t cell_id(struct history *h, struct adding *a, const json_t *cell, struct error *err)
{
	char *key = key_of(cell, text_of(cell, "unit"));
	int64_t id = -1;
	int known;

	if (!key)
		return error__set(err, -ENOMEM, "out of memory"), -1;
	bind_text(a->find_cell, 1, key);
	known = next_row(h, a->find_cell, err);
	if (known > 0)
		id = sqlite3_column_int64(a->find_cell, 0);
	sqlite3_reset(a->find_cell);
	if (!known) {
		bind_text(a->new_cell, 1, key);
		bind_text(a->new_cell, 2, label_of(cell));
		bind_text(a->new_cell, 3, text_of(below(cell, "config"), "name"));
		bind_text(a->new_cell, 4, text_of(cell, "backend"));
		bind_text(a->new_cell, 5, text_of(cell, "group"));
		bind_text(a->new_cell, 6, text_of(cell, "unit"));
		sqlite3_bind_int(a->new_cell, 7, json_is_true(below(cell, "higher_is_better")));
		if (sqlite3_step(a->new_cell) == SQLITE_DONE)
			id = sqlite3_last_insert_rowid(h->db);
		else
			history_db__fail(h, "adding a cell", err);
		sqlite3_reset(a->new_cell);
	}
	free(key);
	return id;
}

/* Of two equal cells in a result the second is left out. */
static int add_figure(struct history *h, struct adding *a, const json_t *cell, int64_t result,
		      struct error *err)
{
	const json_t *summary = below(cell, "summary"), *interval = below(summary, "ci95");
	int64_t id;
	int ret = 0;

	if (strcmp(text_of(cell, "status"), "ok") || !isfinite(number_at(summary, "p50")))
		return 0;
	id = cell_id(h, a, cell, err);
	if (id < 0)
		return err->code;
	sqlite3_bind_int64(a->figure, 1, id);
	sqlite3_bind_int64(a->figure, 2, result);
	bind_number(a->figure, 3, number_at(summary, "p50"));
	/* With too few rounds the interval covers less than 95 %. */
	if (number_at(summary, "ci_coverage") < 0.95)
		interval = NULL;
	bind_number(a->figure, 4, interval ? json_number_value(json_array_get(interval, 0)) : NAN);
	bind_number(a->figure, 5, interval ? json_number_value(json_array_get(interval, 1)) : NAN);
	bind_number(a->figure, 6, number_at(below(below(cell, "reference"), "log_ratio"), "p50"));
	bind_number(a->figure, 7, number_at(below(below(cell, "exits"), "per_op"), "total"));
	if (sqlite3_step(a->figure) != SQLITE_DONE)
		ret = history_db__fail(h, "adding figures", err);
	sqlite3_reset(a->figure);
	return ret;
}

static int add_figures(struct history *h, const json_t *doc, int64_t result, struct error *err)
{
	struct adding a = {
		.find_cell = history_db__prepare(h, "SELECT id FROM cells WHERE key = ?", err),
		.new_cell = history_db__prepare(
			h,
			"INSERT INTO cells (key, label, config, backend, grp, unit, higher) "
			"VALUES (?, ?, ?, ?, ?, ?, ?)",
			err),
		.figure = history_db__prepare(
			h, "INSERT OR IGNORE INTO figures VALUES (?, ?, ?, ?, ?, ?, ?)", err),
	};
	const json_t *cell;
	int ret = a.find_cell && a.new_cell && a.figure ? 0 : err->code;
	size_t i;

	json_array_foreach(below(doc, "cells"), i, cell) {
		if (ret)
			break;
		ret = add_figure(h, &a, cell, result, err);
	}
	sqlite3_finalize(a.find_cell);
	sqlite3_finalize(a.new_cell);
	sqlite3_finalize(a.figure);
	return ret;
}

/* Runs a statement that returns no rows, and resets it. */
static int step(struct history *h, sqlite3_stmt *stmt, struct error *err)
{
	int ret = sqlite3_step(stmt) == SQLITE_DONE ? 0 : history_db__fail(h, "adding", err);

	sqlite3_reset(stmt);
	return ret;
}

/* Stores the cells that have no figure, which a gate must not overlook. */
static int add_unmeasured(struct history *h, const json_t *doc, int64_t result, struct error *err)
{
	sqlite3_stmt *stmt = history_db__prepare(
		h, "INSERT OR IGNORE INTO unmeasured VALUES (?, ?, ?, ?, ?, ?, ?, ?)", err);
	const json_t *cell;
	int ret = stmt ? 0 : err->code;
	size_t i;

	json_array_foreach(below(doc, "cells"), i, cell) {
		bool ok = !strcmp(text_of(cell, "status"), "ok");
		char *key;

		if (ret)
			break;
		if (ok && isfinite(number_at(below(cell, "summary"), "p50")))
			continue;
		key = key_of(cell, NULL);
		if (!key) {
			ret = error__set(err, -ENOMEM, "out of memory");
			break;
		}
		sqlite3_bind_int64(stmt, 1, result);
		bind_text(stmt, 2, key);
		bind_text(stmt, 3, label_of(cell));
		bind_text(stmt, 4, text_of(below(cell, "config"), "name"));
		bind_text(stmt, 5, text_of(cell, "backend"));
		bind_text(stmt, 6, text_of(cell, "group"));
		bind_text(stmt, 7, ok ? "failed" : text_of(cell, "status"));
		bind_text(stmt, 8, ok ? "it has no figure" : text_of(cell, "reason"));
		ret = step(h, stmt, err);
		free(key);
	}
	sqlite3_finalize(stmt);
	return ret;
}

static int add_job(struct history *h, const json_t *doc, int64_t result, struct error *err)
{
	sqlite3_stmt *stmt = history_db__prepare(h, "INSERT INTO jobs VALUES (?, ?)", err);
	int ret;

	if (!stmt)
		return err->code;
	sqlite3_bind_int64(stmt, 1, result);
	bind_text(stmt, 2, text_of(below(doc, "plan"), "name"));
	ret = step(h, stmt, err);
	sqlite3_finalize(stmt);
	return ret;
}

static int add_load(struct history *h, const json_t *doc, int64_t result, struct error *err)
{
	sqlite3_stmt *stmt =
		history_db__prepare(h, "INSERT INTO loads VALUES (?, ?, ?, ?, ?)", err);
	struct load load = load__of(doc);
	int ret;

	if (!stmt)
		return err->code;
	sqlite3_bind_int64(stmt, 1, result);
	bind_number(stmt, 2, load.cpus);
	bind_number(stmt, 3, load.own);
	bind_number(stmt, 4, load.others);
	bind_number(stmt, 5, load.average);
	ret = step(h, stmt, err);
	sqlite3_finalize(stmt);
	return ret;
}

/* Stores settings measured against each other (--ab). */
static int add_ab(struct history *h, const json_t *doc, int64_t result, struct error *err)
{
	sqlite3_stmt *stmt =
		history_db__prepare(h, "INSERT INTO ab VALUES (?, ?, ?, ?, ?, ?, ?)", err);
	int ret = stmt ? 0 : err->code;
	const json_t *one;
	size_t i;

	json_array_foreach(below(doc, "ab"), i, one) {
		if (ret)
			break;
		sqlite3_bind_int64(stmt, 1, result);
		sqlite3_bind_int64(stmt, 2, (sqlite3_int64)i);
		bind_text(stmt, 3, text_of(one, "workload"));
		bind_text(stmt, 4, text_of(below(one, "a"), "label"));
		bind_text(stmt, 5, text_of(below(one, "b"), "label"));
		bind_text(stmt, 6, text_of(one, "verdict"));
		bind_number(stmt, 7, expm1(number_at(below(one, "log_ratio"), "p50")));
		ret = step(h, stmt, err);
	}
	sqlite3_finalize(stmt);
	return ret;
}

static int is_known(struct history *h, const char *digest, bool *known, struct error *err)
{
	sqlite3_stmt *stmt = history_db__prepare(h, "SELECT 1 FROM results WHERE digest = ?", err);
	int ret;

	if (!stmt)
		return err->code;
	bind_text(stmt, 1, digest);
	ret = next_row(h, stmt, err);
	*known = ret > 0;
	sqlite3_finalize(stmt);
	return ret < 0 ? ret : 0;
}

int history__add(struct history *h, const json_t *doc, const char *name, const char *label,
		 struct error *err)
{
	char digest[33];
	bool known = false;
	int64_t id = 0;
	int ret;

	if (digest_of(doc, digest))
		return error__set(err, -ENOMEM, "out of memory");
	ret = history_db__run(h, "BEGIN IMMEDIATE", "locking", err);
	if (ret)
		return ret;
	ret = is_known(h, digest, &known, err);
	if (!ret && !known) {
		ret = add_result(h, doc, name, label, digest, &id, err);
		ret = ret ?: add_figures(h, doc, id, err);
		ret = ret ?: add_unmeasured(h, doc, id, err);
		ret = ret ?: add_job(h, doc, id, err);
		ret = ret ?: add_ab(h, doc, id, err);
		ret = ret ?: add_load(h, doc, id, err);
	}
	ret = ret ?: history_db__run(h, "COMMIT", "adding", err);
	if (ret)
		sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
	return ret ?: known;
}

static json_t *column_text(sqlite3_stmt *stmt, int column)
{
	return json_string(text_at(stmt, column)) ?: json_string("?");
}

/* "irqchip=split against irqchip=kernel", …: what the result holds besides cells. */
static json_t *read_ab(struct history *h, int64_t result)
{
	struct error ignored = { 0 };
	sqlite3_stmt *stmt =
		h->has_notes ?
			history_db__prepare(
				h,
				"SELECT workload, a, b, verdict, change FROM ab WHERE result = ? "
				"ORDER BY nr",
				&ignored) :
			NULL;
	json_t *list = json_array();
	int step;

	if (!stmt) {
		need_memory(sqlite3_errcode(h->db));
		return list;
	}
	sqlite3_bind_int64(stmt, 1, result);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		json_t *one = json_object();

		json_object_set_new(one, "workload", column_text(stmt, 0));
		json_object_set_new(one, "a", column_text(stmt, 1));
		json_object_set_new(one, "b", column_text(stmt, 2));
		json_object_set_new(one, "verdict", column_text(stmt, 3));
		json_object_set_new(one, "change",
				    sqlite3_column_type(stmt, 4) == SQLITE_NULL ?
					    json_null() :
					    json_real(sqlite3_column_double(stmt, 4)));
		json_array_append_new(list, one);
	}
	need_memory(step);
	sqlite3_finalize(stmt);
	return list;
}

static double column_number(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL ?
		       NAN :
		       sqlite3_column_double(stmt, column);
}

static json_t *result_of(struct history *h, sqlite3_stmt *stmt)
{
	static const char *const names[] = { "started", "name",	       "label", "kernel",
					     "version", "fingerprint", "clock", "job" };
	int64_t id = sqlite3_column_int64(stmt, 0);
	json_t *result = json_pack("{s:I}", "id", (json_int_t)id);

	for (int i = 0; i < 8; i++)
		json_object_set_new(result, names[i], column_text(stmt, i + 1));
	json_object_set_new(result, "cells", json_integer(sqlite3_column_int64(stmt, 9)));
	json_object_set_new(result, "load",
			    json_pack("{s:o, s:o, s:o, s:o}", "cpus",
				      json__number(column_number(stmt, 10)), "own_cpus",
				      json__number(column_number(stmt, 11)), "others_cpus",
				      json__number(column_number(stmt, 12)), "average",
				      json__number(column_number(stmt, 13))));
	if (!sqlite3_column_int64(stmt, 9))
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

static json_t *list_results(struct history *h, const char *fingerprint, size_t last, bool measured,
			    struct error *err)
{
	sqlite3_stmt *stmt;
	json_t *list;
	char sql[640];
	int step;

	snprintf(sql, sizeof(sql),
		 "SELECT id, started, results.name, label, kernel, version, fingerprint, clock%s, "
		 "cells%s FROM results%s%s WHERE (?1 IS NULL OR fingerprint = ?1) AND cells >= ?3 "
		 "ORDER BY started DESC, id DESC LIMIT ?2",
		 h->has_notes ? ", jobs.name" : ", ''",
		 h->has_loads ? ", loads.cpus, own, others, average" : ", NULL, NULL, NULL, NULL",
		 h->has_notes ? " LEFT JOIN jobs ON jobs.result = id" : "",
		 h->has_loads ? " LEFT JOIN loads ON loads.result = id" : "");
	stmt = history_db__prepare(h, sql, err);
	if (!stmt)
		return NULL;
	list = json_array();
	if (fingerprint)
		bind_text(stmt, 1, fingerprint);
	sqlite3_bind_int64(stmt, 2, last ? (sqlite3_int64)last : -1);
	sqlite3_bind_int(stmt, 3, measured);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW)
		json_array_append_new(list, result_of(h, stmt));
	if (step != SQLITE_DONE) {
		history_db__fail(h, "reading", err);
		json_decref(list);
		list = NULL;
	}
	sqlite3_finalize(stmt);
	turn_round(list);
	return list;
}

json_t *history__list(struct history *h, const char *fingerprint, size_t last, struct error *err)
{
	return list_results(h, fingerprint, last, false, err);
}

json_t *history__measured(struct history *h, const char *fingerprint, size_t last,
			  struct error *err)
{
	return list_results(h, fingerprint, last, true, err);
}

json_t *history__unmeasured(struct history *h, int64_t result, struct error *err)
{
	static const char *const names[] = { "key",   "label",	"config", "backend",
					     "group", "status", "reason" };
	sqlite3_stmt *stmt;
	json_t *list = json_array();
	int step;

	if (!h->has_notes)
		return list;
	stmt = history_db__prepare(h,
				   "SELECT key, label, config, backend, grp, status, reason FROM "
				   "unmeasured WHERE result = ?",
				   err);
	if (!stmt)
		goto failed;
	sqlite3_bind_int64(stmt, 1, result);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		json_t *one = json_object();

		for (int i = 0; i < 7; i++)
			json_object_set_new(one, names[i], column_text(stmt, i));
		json_array_append_new(list, one);
	}
	if (step == SQLITE_DONE) {
		sqlite3_finalize(stmt);
		return list;
	}
	history_db__fail(h, "reading", err);
	sqlite3_finalize(stmt);
failed:
	json_decref(list);
	return NULL;
}

/* Removes one result from all tables, and cells that no result has any more. */
static int remove_one(struct history *h, int64_t id, struct error *err)
{
	static const char *const tables[] = { "figures WHERE result", "unmeasured WHERE result",
					      "jobs WHERE result",    "ab WHERE result",
					      "loads WHERE result",   "results WHERE id" };
	int ret = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !ret; i++) {
		char sql[128];

		snprintf(sql, sizeof(sql), "DELETE FROM %s = %" PRId64, tables[i], id);
		ret = history_db__run(h, sql, "removing", err);
	}
	return ret;
}

json_t *history__remove(struct history *h, const int64_t *ids, size_t nr, bool dry,
			struct error *err)
{
	json_t *all = NULL, *removed = json_array(), *result;
	int ret = history_db__run(h, dry ? "BEGIN" : "BEGIN IMMEDIATE", "locking", err);
	size_t i;

	if (!ret) {
		all = history__list(h, NULL, 0, err);
		ret = all ? 0 : err->code;
	}
	for (size_t k = 0; k < nr && !ret; k++) {
		bool found = false;

		json_array_foreach(all, i, result) {
			if (json_integer_value(json_object_get(result, "id")) != ids[k])
				continue;
			found = true;
			json_array_append(removed, result);
		}
		if (!found)
			ret = error__set(err, -ENOENT,
					 "there is no result %" PRId64
					 " ('hvbench history list' has the ids); nothing was "
					 "removed",
					 ids[k]);
		else if (!dry)
			ret = remove_one(h, ids[k], err);
	}
	if (!ret && !dry)
		ret = history_db__run(
			h, "DELETE FROM cells WHERE id NOT IN (SELECT cell FROM figures)",
			"removing", err);
	ret = ret ?: history_db__run(h, "COMMIT", "removing", err);
	if (ret) {
		sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
		json_decref(removed);
		removed = NULL;
	}
	json_decref(all);
	return removed;
}

static char *column_copy(sqlite3_stmt *stmt, int column)
{
	return strdup(text_at(stmt, column));
}

void history__free_series(struct history_series *series, size_t nr)
{
	for (size_t i = 0; series && i < nr; i++) {
		free(series[i].key);
		free(series[i].label);
		free(series[i].config);
		free(series[i].backend);
		free(series[i].group);
		free(series[i].unit);
		free(series[i].points);
	}
	free(series);
}

/* Reads the cells, without points, in the order in which they were added. */
static int read_cells(struct history *h, struct history_series **series, size_t *nr, int64_t **ids,
		      struct error *err)
{
	sqlite3_stmt *stmt;
	int64_t cells = 0;
	int step = SQLITE_ROW,
	    ret = history_db__number(h, "SELECT count(*) FROM cells", &cells, err);

	if (ret)
		return ret;
	*series = calloc((size_t)cells + 1, sizeof(**series));
	*ids = calloc((size_t)cells + 1, sizeof(**ids));
	stmt = history_db__prepare(
		h,
		"SELECT id, key, label, config, backend, grp, unit, higher FROM cells ORDER BY id",
		err);
	if (!*series || !*ids)
		ret = error__set(err, -ENOMEM, "out of memory");
	else if (!stmt)
		ret = err->code;
	while (!ret && *nr < (size_t)cells && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct history_series *s = &(*series)[*nr];

		(*ids)[(*nr)++] = sqlite3_column_int64(stmt, 0);
		s->key = column_copy(stmt, 1);
		s->label = column_copy(stmt, 2);
		s->config = column_copy(stmt, 3);
		s->backend = column_copy(stmt, 4);
		s->group = column_copy(stmt, 5);
		s->unit = column_copy(stmt, 6);
		s->higher_is_better = sqlite3_column_int(stmt, 7);
		if (!s->key || !s->label || !s->config || !s->backend || !s->group || !s->unit)
			ret = error__set(err, -ENOMEM, "out of memory");
	}
	if (!ret && step != SQLITE_ROW && step != SQLITE_DONE)
		ret = history_db__fail(h, "reading", err);
	sqlite3_finalize(stmt);
	return ret;
}

/* The position of a result in the order of time. */
struct place {
	int64_t result;
	size_t at;
};

static int by_result(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	return (p->result > q->result) - (p->result < q->result);
}

static struct place *places_of(const json_t *results)
{
	struct place *places = calloc(json_array_size(results) + 1, sizeof(*places));
	const json_t *result;
	size_t i;

	json_array_foreach(results, i, result)
		if (places)
			places[i] =
				(struct place){ json_integer_value(json_object_get(result, "id")),
						i };
	if (places && json_array_size(results))
		qsort(places, json_array_size(results), sizeof(*places), by_result);
	return places;
}

/* Reads one cell's points and puts them into the order of time. */
static int read_points(struct history *h, sqlite3_stmt *stmt, int64_t cell,
		       struct history_series *s, const struct place *places, size_t nr_results,
		       struct history_point *scratch, struct error *err)
{
	int step;

	for (size_t i = 0; i < nr_results; i++)
		scratch[i].result = -1;
	sqlite3_reset(stmt);
	sqlite3_bind_int64(stmt, 1, cell);
	sqlite3_bind_int64(stmt, 2, nr_results ? places[0].result : 0);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct place wanted = { sqlite3_column_int64(stmt, 0), 0 };
		const struct place *found =
			bsearch(&wanted, places, nr_results, sizeof(*places), by_result);

		if (!found)
			continue;
		scratch[found->at] = (struct history_point){
			.result = wanted.result,
			.at = found->at,
			.p50 = column_number(stmt, 1),
			.low = column_number(stmt, 2),
			.high = column_number(stmt, 3),
			.ratio = column_number(stmt, 4),
			.exits = column_number(stmt, 5),
		};
		s->nr++;
	}
	if (step != SQLITE_DONE)
		return history_db__fail(h, "reading", err);
	s->points = calloc(s->nr + 1, sizeof(*s->points));
	if (!s->points)
		return error__set(err, -ENOMEM, "out of memory");
	for (size_t i = 0, k = 0; i < nr_results && k < s->nr; i++)
		if (scratch[i].result >= 0)
			s->points[k++] = scratch[i];
	return 0;
}

int history__series(struct history *h, const json_t *results, const struct history_filter *filter,
		    struct history_series **series, size_t *nr, struct error *err)
{
	size_t nr_results = json_array_size(results);
	struct history_point *scratch = calloc(nr_results + 1, sizeof(*scratch));
	struct place *places = places_of(results);
	sqlite3_stmt *stmt = NULL;
	int64_t *ids = NULL;
	int ret = 0;

	*series = NULL;
	*nr = 0;
	if (!scratch || !places)
		ret = error__set(err, -ENOMEM, "out of memory");
	ret = ret ?: read_cells(h, series, nr, &ids, err);
	if (!ret)
		stmt = history_db__prepare(h,
					   "SELECT result, p50, low, high, ratio, exits FROM "
					   "figures WHERE cell = ? AND result >= ?",
					   err);
	if (!ret && !stmt)
		ret = err->code;
	for (size_t i = 0; i < *nr && !ret; i++)
		if (!filter || filter->wanted(&(*series)[i], filter->context))
			ret = read_points(h, stmt, ids[i], &(*series)[i], places, nr_results,
					  scratch, err);
	sqlite3_finalize(stmt);
	free(scratch);
	free(places);
	free(ids);
	if (ret) {
		history__free_series(*series, *nr);
		*series = NULL;
		*nr = 0;
	}
	return ret;
}
