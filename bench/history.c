// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The history of results in SQLite: see history.h.
 *
 * Figures lie by cell, then by result, so that a trend is read in one go. What identifies a cell is text
 * (the keys and values that comparisons match by), stored once.
 */
#include "history.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "result.h"

#define APPLICATION_ID	0x68766268	/* "hvbh" */
#define VERSION		1
#define BUSY_MS		20000

struct history {
	sqlite3 *db;
	char path[PATH_MAX];
};

static const char schema[] =
	"CREATE TABLE results (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, started TEXT NOT NULL, name TEXT,"
	" label TEXT, kernel TEXT, version TEXT, fingerprint TEXT, clock TEXT, cells INTEGER NOT NULL);"
	"CREATE INDEX results_by_time ON results (started, id);"
	"CREATE TABLE cells (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, label TEXT, config TEXT, backend TEXT,"
	" grp TEXT, unit TEXT NOT NULL, higher INTEGER NOT NULL);"
	"CREATE TABLE figures (cell INTEGER NOT NULL REFERENCES cells, result INTEGER NOT NULL REFERENCES results,"
	" p50 REAL, low REAL, high REAL, ratio REAL, exits REAL, PRIMARY KEY (cell, result)) WITHOUT ROWID;";

int history__default_path(char *path, size_t len, struct error *err)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int n;

	if (data && *data == '/')
		n = snprintf(path, len, "%s/hvbench/history.sqlite", data);
	else if (home && *home == '/')
		n = snprintf(path, len, "%s/.local/share/hvbench/history.sqlite", home);
	else
		return error__set(err, -ENOENT, "no place for the history: HOME is not set; name a file with --file");
	return n < (int)len ? 0 : error__set(err, -ENAMETOOLONG, "the path of the history is too long");
}

/* What SQLite says, in our terms. */
static int fail(struct history *h, const char *doing, struct error *err)
{
	int code = sqlite3_errcode(h->db);
	const char *said = sqlite3_errmsg(h->db);

	switch (code & 0xff) {
	case SQLITE_NOTADB:
		return error__set(err, -EBADMSG, "%s: no history of hvbench, or damaged: move it away, or name another "
				  "with --file", h->path);
	case SQLITE_CORRUPT:
	case SQLITE_FORMAT:
		return error__set(err, -EBADMSG, "%s: damaged (%s): what can be saved 'sqlite3 %s .recover' shows; or move it "
				  "away and add the results again", h->path, said, h->path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error__set(err, -EBUSY, "%s: in use by another process for more than %d s", h->path, BUSY_MS / 1000);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return error__set(err, -EACCES, "%s: %s: %s", h->path, doing, said);
	case SQLITE_CANTOPEN:
		return error__set(err, sqlite3_system_errno(h->db) == ENOENT ? -ENOENT : -EACCES, "%s: cannot be opened: %s",
				  h->path, sqlite3_system_errno(h->db) ? strerror(sqlite3_system_errno(h->db)) : said);
	case SQLITE_NOMEM:
		return error__set(err, -ENOMEM, "out of memory");
	default:
		return error__set(err, -EIO, "%s: %s: %s", h->path, doing, said);
	}
}

static int run(struct history *h, const char *sql, const char *doing, struct error *err)
{
	return sqlite3_exec(h->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(h, doing, err);
}

static sqlite3_stmt *prepare(struct history *h, const char *sql, struct error *err)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(h->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail(h, "reading", err);
	return stmt;
}

static int number_of(struct history *h, const char *sql, int64_t *number, struct error *err)
{
	sqlite3_stmt *stmt = prepare(h, sql, err);
	int ret = 0;

	if (!stmt)
		return err->code;
	if (sqlite3_step(stmt) == SQLITE_ROW)
		*number = sqlite3_column_int64(stmt, 0);
	else
		ret = fail(h, "reading", err);
	sqlite3_finalize(stmt);
	return ret;
}

static int make_directory(const char *path, struct error *err)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", path);
	for (char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(dir, 0777) && errno != EEXIST)
			return error__set(err, errno == EACCES ? -EACCES : -EIO, "making directory '%s': %s", dir,
					  strerror(errno));
		*slash = '/';
	}
	return 0;
}

/* In an exclusive transaction, so that of two that find an empty file only one makes the tables. */
static int make_tables(struct history *h, struct error *err)
{
	int64_t version = 0, objects = 0, id = 0;
	char sql[128];
	int ret;

	ret = run(h, "BEGIN IMMEDIATE", "locking", err);
	if (ret)
		return ret;
	ret = number_of(h, "PRAGMA user_version", &version, err);
	ret = ret ?: number_of(h, "PRAGMA application_id", &id, err);
	ret = ret ?: number_of(h, "SELECT count(*) FROM sqlite_master", &objects, err);
	if (!ret && !version && !id && objects)
		ret = error__set(err, -EBADMSG, "%s: a database of another program", h->path);
	if (!ret && !version && !objects) {
		snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
			 VERSION);
		ret = run(h, schema, "making tables", err);
		ret = ret ?: run(h, sql, "making tables", err);
	}
	ret = ret ?: run(h, "COMMIT", "making tables", err);
	if (ret)
		sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
	return ret;
}

static int check_version(struct history *h, struct error *err)
{
	int64_t version = 0, id = 0;
	int ret = number_of(h, "PRAGMA user_version", &version, err);

	ret = ret ?: number_of(h, "PRAGMA application_id", &id, err);
	if (ret)
		return ret;
	if (id != APPLICATION_ID)
		return error__set(err, -EBADMSG, "%s: a database, but no history of hvbench", h->path);
	if (version > VERSION)
		return error__set(err, -EPROTONOSUPPORT, "%s: of a newer hvbench (format %" PRId64 ", this program knows %d): "
				  "use that version, or another file with --file", h->path, version, VERSION);
	return version == VERSION ? 0 : error__set(err, -EBADMSG, "%s: damaged: no format", h->path);
}

int history__open(struct history **history, const char *path, bool create, struct error *err)
{
	struct history *h = calloc(1, sizeof(*h));
	int ret = 0;

	*history = NULL;
	if (!h)
		return error__set(err, -ENOMEM, "out of memory");
	snprintf(h->path, sizeof(h->path), "%s", path);
	if (create)
		ret = make_directory(path, err);
	else if (access(path, F_OK))
		ret = error__set(err, -ENOENT, "%s: there is no history yet: 'hvbench history add RESULT' begins one", path);
	if (!ret && sqlite3_open_v2(path, &h->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0), NULL))
		ret = fail(h, "opening", err);
	if (!ret) {
		sqlite3_busy_timeout(h->db, BUSY_MS);
		/* Readers and a writer at once; where a file system cannot, SQLite stays with its journal. */
		if (create)
			ret = run(h, "PRAGMA journal_mode = WAL", "opening", err);
		ret = ret ?: run(h, "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON", "opening", err);
	}
	if (!ret && create)
		ret = make_tables(h, err);
	ret = ret ?: check_version(h, err);
	if (ret) {
		utf8__mask(err->text);
		history__close(h);
		return ret;
	}
	*history = h;
	return 0;
}

void history__close(struct history *history)
{
	if (!history)
		return;
	sqlite3_close(history->db);
	free(history);
}

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

/* The same result added twice is one; two results are never equal, since each has its samples. */
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

/* What comparisons match by, and the unit: figures in another unit are another series. */
static char *key_of(const json_t *cell)
{
	json_t *config = json_deep_copy(below(cell, "config")), *key;
	char *text;

	if (json_object_size(config) > 1)
		json_object_del(config, "name");
	key = json_object();
	json_object_set_new(key, "workload", json_string(text_of(cell, "workload")));
	json_object_set_new(key, "backend", json_string(text_of(cell, "backend")));
	json_object_set_new(key, "unit", json_string(text_of(cell, "unit")));
	json_object_set(key, "ring", json_object_get(cell, "ring"));
	json_object_set(key, "params", json_object_get(cell, "params"));
	json_object_set_new(key, "config", config ?: json_null());
	text = json_dumps(key, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(key);
	return text;
}

static void bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
	sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT);
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
	sqlite3_stmt *stmt = prepare(h, "INSERT INTO results (digest, started, name, label, kernel, version, fingerprint, "
					"clock, cells) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", err);
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
		ret = fail(h, "adding", err);
	sqlite3_finalize(stmt);
	*id = sqlite3_last_insert_rowid(h->db);
	return ret;
}

/* The statements of history__add(), prepared once for all cells of a result. */
struct adding {
	sqlite3_stmt *new_cell, *find_cell, *figure;
};

static int64_t cell_id(struct history *h, struct adding *a, const json_t *cell, struct error *err)
{
	char *key = key_of(cell);
	int64_t id = -1;

	if (!key)
		return error__set(err, -ENOMEM, "out of memory"), -1;
	bind_text(a->find_cell, 1, key);
	if (sqlite3_step(a->find_cell) == SQLITE_ROW)
		id = sqlite3_column_int64(a->find_cell, 0);
	sqlite3_reset(a->find_cell);
	if (id < 0) {
		bind_text(a->new_cell, 1, key);
		bind_text(a->new_cell, 2, *text_of(cell, "label") ? text_of(cell, "label") : text_of(cell, "workload"));
		bind_text(a->new_cell, 3, text_of(below(cell, "config"), "name"));
		bind_text(a->new_cell, 4, text_of(cell, "backend"));
		bind_text(a->new_cell, 5, text_of(cell, "group"));
		bind_text(a->new_cell, 6, text_of(cell, "unit"));
		sqlite3_bind_int(a->new_cell, 7, json_is_true(below(cell, "higher_is_better")));
		if (sqlite3_step(a->new_cell) == SQLITE_DONE)
			id = sqlite3_last_insert_rowid(h->db);
		else
			fail(h, "adding a cell", err);
		sqlite3_reset(a->new_cell);
	}
	free(key);
	return id;
}

/* The second of two equal cells of a result is left out. */
static int add_figure(struct history *h, struct adding *a, const json_t *cell, int64_t result, struct error *err)
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
	bind_number(a->figure, 4, interval ? json_number_value(json_array_get(interval, 0)) : NAN);
	bind_number(a->figure, 5, interval ? json_number_value(json_array_get(interval, 1)) : NAN);
	bind_number(a->figure, 6, number_at(below(below(cell, "reference"), "log_ratio"), "p50"));
	bind_number(a->figure, 7, number_at(below(below(cell, "exits"), "per_op"), "total"));
	if (sqlite3_step(a->figure) != SQLITE_DONE)
		ret = fail(h, "adding figures", err);
	sqlite3_reset(a->figure);
	return ret;
}

static int add_figures(struct history *h, const json_t *doc, int64_t result, struct error *err)
{
	struct adding a = {
		.find_cell = prepare(h, "SELECT id FROM cells WHERE key = ?", err),
		.new_cell = prepare(h, "INSERT INTO cells (key, label, config, backend, grp, unit, higher) "
				       "VALUES (?, ?, ?, ?, ?, ?, ?)", err),
		.figure = prepare(h, "INSERT OR IGNORE INTO figures VALUES (?, ?, ?, ?, ?, ?, ?)", err),
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

static int is_known(struct history *h, const char *digest, bool *known, struct error *err)
{
	sqlite3_stmt *stmt = prepare(h, "SELECT 1 FROM results WHERE digest = ?", err);

	if (!stmt)
		return err->code;
	bind_text(stmt, 1, digest);
	*known = sqlite3_step(stmt) == SQLITE_ROW;
	sqlite3_finalize(stmt);
	return 0;
}

int history__add(struct history *h, const json_t *doc, const char *name, const char *label, struct error *err)
{
	char digest[33];
	bool known = false;
	int64_t id = 0;
	int ret;

	if (digest_of(doc, digest))
		return error__set(err, -ENOMEM, "out of memory");
	ret = run(h, "BEGIN IMMEDIATE", "locking", err);
	if (ret)
		return ret;
	ret = is_known(h, digest, &known, err);
	if (!ret && !known) {
		ret = add_result(h, doc, name, label, digest, &id, err);
		ret = ret ?: add_figures(h, doc, id, err);
	}
	ret = ret ?: run(h, "COMMIT", "adding", err);
	if (ret)
		sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
	return ret ?: known;
}

static json_t *column_text(sqlite3_stmt *stmt, int column)
{
	return json_string((const char *)sqlite3_column_text(stmt, column) ?: "") ?: json_string("?");
}

json_t *history__list(struct history *h, const char *fingerprint, size_t last, struct error *err)
{
	static const char *const names[] = { "started", "name", "label", "kernel", "version", "fingerprint", "clock" };
	sqlite3_stmt *stmt = prepare(h, "SELECT id, started, name, label, kernel, version, fingerprint, clock, cells FROM results "
					"WHERE ?1 IS NULL OR fingerprint = ?1 ORDER BY started DESC, id DESC LIMIT ?2", err);
	json_t *list;
	int step;

	if (!stmt)
		return NULL;
	list = json_array();
	if (fingerprint)
		bind_text(stmt, 1, fingerprint);
	sqlite3_bind_int64(stmt, 2, last ? (sqlite3_int64)last : -1);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		json_t *result = json_pack("{s:I}", "id", (json_int_t)sqlite3_column_int64(stmt, 0));

		for (int i = 0; i < 7; i++)
			json_object_set_new(result, names[i], column_text(stmt, i + 1));
		json_object_set_new(result, "cells", json_integer(sqlite3_column_int64(stmt, 8)));
		json_array_append_new(list, result);
	}
	if (step != SQLITE_DONE) {
		fail(h, "reading", err);
		json_decref(list);
		list = NULL;
	}
	sqlite3_finalize(stmt);
	/* The latest were wanted, and time goes forward. */
	for (size_t i = 0, n = json_array_size(list); i < n / 2; i++) {
		json_t *a = json_incref(json_array_get(list, i)), *b = json_incref(json_array_get(list, n - 1 - i));

		json_array_set_new(list, i, b);
		json_array_set_new(list, n - 1 - i, a);
	}
	return list;
}

static double column_number(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL ? NAN : sqlite3_column_double(stmt, column);
}

static char *column_copy(sqlite3_stmt *stmt, int column)
{
	return strdup((const char *)sqlite3_column_text(stmt, column) ?: "");
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

/* The cells, without points, in the order in which they came. */
static int read_cells(struct history *h, struct history_series **series, size_t *nr, int64_t **ids,
		      struct error *err)
{
	sqlite3_stmt *stmt;
	int64_t cells = 0;
	int step = SQLITE_ROW, ret = number_of(h, "SELECT count(*) FROM cells", &cells, err);

	if (ret)
		return ret;
	*series = calloc((size_t)cells + 1, sizeof(**series));
	*ids = calloc((size_t)cells + 1, sizeof(**ids));
	stmt = prepare(h, "SELECT id, key, label, config, backend, grp, unit, higher FROM cells ORDER BY id", err);
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
		ret = fail(h, "reading", err);
	sqlite3_finalize(stmt);
	return ret;
}

/* Where in the order of time a result is. */
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
			places[i] = (struct place){ json_integer_value(json_object_get(result, "id")), i };
	if (places && json_array_size(results))
		qsort(places, json_array_size(results), sizeof(*places), by_result);
	return places;
}

/* One cell's points, put in the order of time. */
static int read_points(struct history *h, sqlite3_stmt *stmt, int64_t cell, struct history_series *s,
		       const struct place *places, size_t nr_results, struct history_point *scratch,
		       struct error *err)
{
	int step;

	for (size_t i = 0; i < nr_results; i++)
		scratch[i].result = -1;
	sqlite3_reset(stmt);
	sqlite3_bind_int64(stmt, 1, cell);
	sqlite3_bind_int64(stmt, 2, nr_results ? places[0].result : 0);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct place wanted = { sqlite3_column_int64(stmt, 0), 0 };
		const struct place *found = bsearch(&wanted, places, nr_results, sizeof(*places), by_result);

		if (!found)
			continue;
		scratch[found->at] = (struct history_point){
			.result = wanted.result, .at = found->at, .p50 = column_number(stmt, 1), .low = column_number(stmt, 2),
			.high = column_number(stmt, 3), .ratio = column_number(stmt, 4), .exits = column_number(stmt, 5),
		};
		s->nr++;
	}
	if (step != SQLITE_DONE)
		return fail(h, "reading", err);
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
		stmt = prepare(h, "SELECT result, p50, low, high, ratio, exits FROM figures WHERE cell = ? AND result >= ?", err);
	if (!ret && !stmt)
		ret = err->code;
	for (size_t i = 0; i < *nr && !ret; i++)
		if (!filter || filter->wanted(&(*series)[i], filter->context))
			ret = read_points(h, stmt, ids[i], &(*series)[i], places, nr_results, scratch, err);
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
