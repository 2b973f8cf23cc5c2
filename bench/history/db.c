// SPDX-License-Identifier: GPL-2.0-or-later
/* The database below a history, whichever it is: see db.h. */
#include "bench/history/db.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/history/address.h"

int history__default_path(char *path, size_t len, struct error *err)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int n;

	if (data && *data == '/')
		n = snprintf(path, len, "%s/hvbench/history.sqlite", data);
	else if (home && *home == '/')
		n = snprintf(path, len, "%s/.local/share/hvbench/history.sqlite", home);
	else
		return error__set(
			err, -ENOENT,
			"no place for the history: HOME is not set; name a file with --file");
	return n < (int)len ? 0 :
			      error__set(err, -ENAMETOOLONG, "the path of the history is too long");
}

int history__open(struct history **history, const char *where, enum history_access access_to,
		  struct error *err)
{
	struct history *h = calloc(1, sizeof(*h));
	int ret;

	*history = NULL;
	if (!h)
		return error__set(err, -ENOMEM, "out of memory");
	h->driver = address__is_server(where) ? &db_postgresql : &db_sqlite;
	ret = h->driver->open(h, where, access_to, err);
	if (ret)
		history__close(h);
	else
		*history = h;
	return ret;
}

void history__close(struct history *history)
{
	if (!history)
		return;
	history->driver->close(history);
	free(history);
}

const char *history__name(const struct history *history)
{
	return history->path;
}

struct db_statement *db__prepare(struct history *h, const char *sql, struct error *err)
{
	return h->driver->prepare(h, sql, err);
}

int db__end(struct history *h, int ret, const char *doing, struct error *err)
{
	struct error ignored = { 0 };

	ret = ret ?: h->driver->run(h, "COMMIT", doing, err);
	if (ret)
		h->driver->run(h, "ROLLBACK", doing, &ignored);
	return ret;
}

void db_statement__bind_integer(struct db_statement *stmt, int at, int64_t value)
{
	stmt->h->driver->bind_integer(stmt, at, value);
}

void db_statement__bind_number(struct db_statement *stmt, int at, double value)
{
	stmt->h->driver->bind_number(stmt, at, isfinite(value) ? value : NAN);
}

void db_statement__bind_text(struct db_statement *stmt, int at, const char *text)
{
	stmt->h->driver->bind_text(stmt, at, text);
}

int db_statement__next(struct db_statement *stmt, struct error *err)
{
	return stmt->h->driver->next(stmt, err);
}

void db_statement__reset(struct db_statement *stmt)
{
	stmt->h->driver->reset(stmt);
}

int db_statement__run(struct db_statement *stmt, struct error *err)
{
	int ret = db_statement__next(stmt, err);

	db_statement__reset(stmt);
	return ret < 0 ? ret : 0;
}

int64_t db_statement__integer(struct db_statement *stmt, int column)
{
	return stmt->h->driver->integer(stmt, column);
}

double db_statement__number(struct db_statement *stmt, int column)
{
	return stmt->h->driver->number(stmt, column);
}

const char *db_statement__text(struct db_statement *stmt, int column)
{
	return stmt->h->driver->text(stmt, column);
}

void db_statement__free(struct db_statement *stmt)
{
	if (stmt)
		stmt->h->driver->free(stmt);
}
