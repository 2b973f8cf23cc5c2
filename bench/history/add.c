// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Adding a result to a history: see add.h.
 *
 * A cell is identified by text (the keys and values that comparisons match by), which is stored
 * once.
 */
#include "bench/history/add.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
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

static int add_result(struct history *h, const json_t *doc, const char *name, const char *label,
		      const char *digest, int64_t *id, struct error *err)
{
	const json_t *host = below(doc, "host");
	struct db_statement *stmt = db__prepare(
		h,
		"INSERT INTO results (digest, started, name, label, kernel, version, fingerprint, "
		"clock, cells) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
		err);
	int ret;

	if (!stmt)
		return err->code;
	db_statement__bind_text(stmt, 1, digest);
	db_statement__bind_text(stmt, 2, text_of(doc, "started"));
	db_statement__bind_text(stmt, 3, name);
	db_statement__bind_text(stmt, 4, label ?: "");
	db_statement__bind_text(stmt, 5, text_of(host, "kernel"));
	db_statement__bind_text(stmt, 6, text_of(below(doc, "tool"), "version"));
	db_statement__bind_text(stmt, 7, text_of(host, "fingerprint"));
	db_statement__bind_text(stmt, 8, text_of(host, "clock"));
	db_statement__bind_integer(stmt, 9, (int64_t)json_array_size(below(doc, "cells")));
	ret = db_statement__next(stmt, err);
	if (ret > 0)
		*id = db_statement__integer(stmt, 0);
	db_statement__free(stmt);
	return ret < 0 ? ret : 0;
}

static const char *label_of(const json_t *cell)
{
	return *text_of(cell, "label") ? text_of(cell, "label") : text_of(cell, "workload");
}

/* The statements of history__add(), prepared once for all cells of a result. */
struct adding {
	struct db_statement *new_cell, *find_cell, *figure;
	bool locked; /* no other process adds cells */
};

/* 1: *id is that of the cell; 0: there is none yet. */
static int find_cell(struct adding *a, const char *key, int64_t *id, struct error *err)
{
	int known;

	db_statement__bind_text(a->find_cell, 1, key);
	known = db_statement__next(a->find_cell, err);
	if (known > 0)
		*id = db_statement__integer(a->find_cell, 0);
	db_statement__reset(a->find_cell);
	return known;
}

static int make_cell(struct adding *a, const json_t *cell, const char *key, int64_t *id,
		     struct error *err)
{
	int ret;

	db_statement__bind_text(a->new_cell, 1, key);
	db_statement__bind_text(a->new_cell, 2, label_of(cell));
	db_statement__bind_text(a->new_cell, 3, text_of(below(cell, "config"), "name"));
	db_statement__bind_text(a->new_cell, 4, text_of(cell, "backend"));
	db_statement__bind_text(a->new_cell, 5, text_of(cell, "group"));
	db_statement__bind_text(a->new_cell, 6, text_of(cell, "unit"));
	db_statement__bind_integer(a->new_cell, 7, json_is_true(below(cell, "higher_is_better")));
	ret = db_statement__next(a->new_cell, err);
	if (ret > 0)
		*id = db_statement__integer(a->new_cell, 0);
	db_statement__reset(a->new_cell);
	return ret;
}

static int64_t cell_id(struct history *h, struct adding *a, const json_t *cell, struct error *err)
{
	char *key = key_of(cell, text_of(cell, "unit"));
	int64_t id = -1;
	int known;

	if (!key)
		return error__set(err, -ENOMEM, "out of memory"), -1;
	known = find_cell(a, key, &id, err);
	/* Another process may be about to add the same cell: look again when it has. */
	if (!known && !a->locked && h->driver->lock_cells) {
		a->locked = true;
		known = h->driver->lock_cells(h, err) ?: find_cell(a, key, &id, err);
	}
	if (!known)
		make_cell(a, cell, key, &id, err);
	free(key);
	return id;
}

/* Of two equal cells in a result the second is left out. */
static int add_figure(struct history *h, struct adding *a, const json_t *cell, int64_t result,
		      struct error *err)
{
	const json_t *summary = below(cell, "summary"), *interval = below(summary, "ci95");
	int64_t id;

	if (strcmp(text_of(cell, "status"), "ok") || !isfinite(number_at(summary, "p50")))
		return 0;
	id = cell_id(h, a, cell, err);
	if (id < 0)
		return err->code;
	db_statement__bind_integer(a->figure, 1, id);
	db_statement__bind_integer(a->figure, 2, result);
	db_statement__bind_number(a->figure, 3, number_at(summary, "p50"));
	/* With too few rounds the interval covers less than 95 %. */
	if (number_at(summary, "ci_coverage") < 0.95)
		interval = NULL;
	db_statement__bind_number(a->figure, 4,
				  interval ? json_number_value(json_array_get(interval, 0)) : NAN);
	db_statement__bind_number(a->figure, 5,
				  interval ? json_number_value(json_array_get(interval, 1)) : NAN);
	db_statement__bind_number(a->figure, 6,
				  number_at(below(below(cell, "reference"), "log_ratio"), "p50"));
	db_statement__bind_number(a->figure, 7,
				  number_at(below(below(cell, "exits"), "per_op"), "total"));
	return db_statement__run(a->figure, err);
}

static int add_figures(struct history *h, const json_t *doc, int64_t result, struct error *err)
{
	struct adding a = {
		.find_cell = db__prepare(h, "SELECT id FROM cells WHERE key = $1", err),
		.new_cell = db__prepare(
			h,
			"INSERT INTO cells (key, label, config, backend, grp, unit, higher) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
			err),
		.figure = db__prepare(
			h,
			"INSERT INTO figures (cell, result, p50, low, high, ratio, exits) VALUES "
			"($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
			err),
	};
	const json_t *cell;
	int ret = a.find_cell && a.new_cell && a.figure ? 0 : err->code;
	size_t i;

	json_array_foreach(below(doc, "cells"), i, cell) {
		if (ret)
			break;
		ret = add_figure(h, &a, cell, result, err);
	}
	db_statement__free(a.find_cell);
	db_statement__free(a.new_cell);
	db_statement__free(a.figure);
	return ret;
}

/* Stores the cells that have no figure, which a gate must not overlook. */
static int add_unmeasured(struct history *h, const json_t *doc, int64_t result, struct error *err)
{
	struct db_statement *stmt = db__prepare(
		h,
		"INSERT INTO unmeasured (result, key, label, config, backend, grp, status, "
		"reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
		err);
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
		db_statement__bind_integer(stmt, 1, result);
		db_statement__bind_text(stmt, 2, key);
		db_statement__bind_text(stmt, 3, label_of(cell));
		db_statement__bind_text(stmt, 4, text_of(below(cell, "config"), "name"));
		db_statement__bind_text(stmt, 5, text_of(cell, "backend"));
		db_statement__bind_text(stmt, 6, text_of(cell, "group"));
		db_statement__bind_text(stmt, 7, ok ? "failed" : text_of(cell, "status"));
		db_statement__bind_text(stmt, 8, ok ? "it has no figure" : text_of(cell, "reason"));
		ret = db_statement__run(stmt, err);
		free(key);
	}
	db_statement__free(stmt);
	return ret;
}

static int add_job(struct history *h, const json_t *doc, int64_t result, struct error *err)
{
	struct db_statement *stmt = db__prepare(h, "INSERT INTO jobs VALUES ($1, $2)", err);
	int ret;

	if (!stmt)
		return err->code;
	db_statement__bind_integer(stmt, 1, result);
	db_statement__bind_text(stmt, 2, text_of(below(doc, "plan"), "name"));
	ret = db_statement__run(stmt, err);
	db_statement__free(stmt);
	return ret;
}

static int add_load(struct history *h, const json_t *doc, int64_t result, struct error *err)
{
	struct db_statement *stmt =
		db__prepare(h, "INSERT INTO loads VALUES ($1, $2, $3, $4, $5)", err);
	struct load load = load__of(doc);
	int ret;

	if (!stmt)
		return err->code;
	db_statement__bind_integer(stmt, 1, result);
	db_statement__bind_number(stmt, 2, load.cpus);
	db_statement__bind_number(stmt, 3, load.own);
	db_statement__bind_number(stmt, 4, load.others);
	db_statement__bind_number(stmt, 5, load.average);
	ret = db_statement__run(stmt, err);
	db_statement__free(stmt);
	return ret;
}

/* Stores settings measured against each other (--ab). */
static int add_ab(struct history *h, const json_t *doc, int64_t result, struct error *err)
{
	struct db_statement *stmt =
		db__prepare(h, "INSERT INTO ab VALUES ($1, $2, $3, $4, $5, $6, $7)", err);
	int ret = stmt ? 0 : err->code;
	const json_t *one;
	size_t i;

	json_array_foreach(below(doc, "ab"), i, one) {
		if (ret)
			break;
		db_statement__bind_integer(stmt, 1, result);
		db_statement__bind_integer(stmt, 2, (int64_t)i);
		db_statement__bind_text(stmt, 3, text_of(one, "workload"));
		db_statement__bind_text(stmt, 4, text_of(below(one, "a"), "label"));
		db_statement__bind_text(stmt, 5, text_of(below(one, "b"), "label"));
		db_statement__bind_text(stmt, 6, text_of(one, "verdict"));
		db_statement__bind_number(stmt, 7,
					  expm1(number_at(below(one, "log_ratio"), "p50")));
		ret = db_statement__run(stmt, err);
	}
	db_statement__free(stmt);
	return ret;
}

static int is_known(struct history *h, const char *digest, bool *known, struct error *err)
{
	struct db_statement *stmt = db__prepare(h, "SELECT 1 FROM results WHERE digest = $1", err);
	int ret;

	if (!stmt)
		return err->code;
	db_statement__bind_text(stmt, 1, digest);
	ret = db_statement__next(stmt, err);
	*known = ret > 0;
	db_statement__free(stmt);
	return ret < 0 ? ret : 0;
}

static int add_machine(struct history *h, const char *machine, int64_t result, struct error *err)
{
	struct db_statement *stmt;
	int ret;

	if (!machine || !*machine)
		return 0;
	stmt = db__prepare(h, "INSERT INTO machines VALUES ($1, $2)", err);
	if (!stmt)
		return err->code;
	db_statement__bind_integer(stmt, 1, result);
	db_statement__bind_text(stmt, 2, machine);
	ret = db_statement__run(stmt, err);
	db_statement__free(stmt);
	return ret;
}

/* The whole result, where the database has room for it. */
static int add_document(struct history *h, const json_t *doc, int64_t result, struct error *err)
{
	struct db_statement *stmt;
	char *text;
	int ret;

	if (!h->driver->keeps_documents)
		return 0;
	stmt = db__prepare(h, "INSERT INTO documents VALUES ($1, $2)", err);
	if (!stmt)
		return err->code;
	text = json_dumps(doc, JSON_COMPACT);
	if (!text)
		alloc__fail();
	db_statement__bind_integer(stmt, 1, result);
	db_statement__bind_text(stmt, 2, text);
	ret = db_statement__run(stmt, err);
	db_statement__free(stmt);
	free(text);
	return ret;
}

int history__add(struct history *h, const json_t *doc, const struct history_source *source,
		 struct error *err)
{
	char digest[33];
	bool known = false;
	int64_t id = 0;
	int ret;

	if (digest_of(doc, digest))
		return error__set(err, -ENOMEM, "out of memory");
	ret = h->driver->begin(h, DB_ADD, err);
	if (ret)
		return ret;
	ret = is_known(h, digest, &known, err);
	if (!ret && !known) {
		ret = add_result(h, doc, source->name, source->label, digest, &id, err);
		ret = ret ?: add_figures(h, doc, id, err);
		ret = ret ?: add_unmeasured(h, doc, id, err);
		ret = ret ?: add_job(h, doc, id, err);
		ret = ret ?: add_machine(h, source->machine, id, err);
		ret = ret ?: add_ab(h, doc, id, err);
		ret = ret ?: add_load(h, doc, id, err);
		ret = ret ?: add_document(h, doc, id, err);
	}
	return db__end(h, ret, "adding", err) ?: known;
}
