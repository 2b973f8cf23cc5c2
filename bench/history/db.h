/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The database below a history. For bench/history/ only.
 *
 * A driver is a kind of database: an SQLite file (sqlite.c), a PostgreSQL server (postgresql.c).
 * Both have the same tables and columns and understand the same SQL, with parameters $1, $2 … in
 * the order in which they first appear; only what makes the tables is each driver's own.
 */
#ifndef HVBENCH_HISTORY_DB_H
#define HVBENCH_HISTORY_DB_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "bench/history/store.h"

struct history {
	const struct db_driver *driver;
	void *conn;	     /* the driver's */
	char path[PATH_MAX]; /* how messages name it; never with a password */
	bool has_notes;	     /* whether it has the tables that the first versions did not make */
	bool has_loads;	     /* and that of how busy the host was, which came later still */
	bool has_machines;   /* and that of which machine it was */
};

/* Drivers put what is theirs behind it. */
struct db_statement {
	struct history *h;
};

/*
 * What a transaction is for. Any number of processes may add at once where the database can do
 * that, but not while one removes.
 */
enum db_lock { DB_READ, DB_ADD, DB_REMOVE };

struct db_driver {
	/* Sets conn, path and what tables there are; makes them if needed. As history__open(). */
	int (*open)(struct history *h, const char *where, enum history_access access_to,
		    struct error *err);
	void (*close)(struct history *h);
	/* `doing`: what failed if it fails, "reading" for instance. */
	int (*run)(struct history *h, const char *sql, const char *doing, struct error *err);
	int (*begin)(struct history *h, enum db_lock lock, struct error *err);
	/*
	 * Before the first new cell of a transaction: from here on no other process adds cells.
	 * NULL: none does anyway.
	 */
	int (*lock_cells)(struct history *h, struct error *err);
	/* NULL with err set. */
	struct db_statement *(*prepare)(struct history *h, const char *sql, struct error *err);
	void (*bind_integer)(struct db_statement *stmt, int at, int64_t value);
	void (*bind_number)(struct db_statement *stmt, int at, double value);
	void (*bind_text)(struct db_statement *stmt, int at, const char *text);
	int (*next)(struct db_statement *stmt, struct error *err);
	void (*reset)(struct db_statement *stmt);
	int64_t (*integer)(struct db_statement *stmt, int column);
	double (*number)(struct db_statement *stmt, int column);
	const char *(*text)(struct db_statement *stmt, int column);
	void (*free)(struct db_statement *stmt);

	/*
	 * The condition by which figures of some results are found best, and how its $1 is bound.
	 * It may hold for others too. `ids` ascend.
	 */
	const char *figures_of_results;
	void (*bind_results)(struct db_statement *stmt, const int64_t *ids, size_t nr);
	bool keeps_documents; /* has a table of whole results */
};

extern const struct db_driver db_sqlite, db_postgresql;

struct db_statement *db__prepare(struct history *h, const char *sql, struct error *err);
/* 0 or, after it has undone everything, the error `ret`, or that of committing. */
int db__end(struct history *h, int ret, const char *doing, struct error *err);

void db_statement__bind_integer(struct db_statement *stmt, int at, int64_t value);
/* What is not finite becomes NULL. */
void db_statement__bind_number(struct db_statement *stmt, int at, double value);
void db_statement__bind_text(struct db_statement *stmt, int at, const char *text);
/* 1: there is a row; 0: there is none, or no more; -errno. */
int db_statement__next(struct db_statement *stmt, struct error *err);
/* Makes it ready for other parameters. */
void db_statement__reset(struct db_statement *stmt);
/* Runs one that returns no rows, and resets it. */
int db_statement__run(struct db_statement *stmt, struct error *err);
int64_t db_statement__integer(struct db_statement *stmt, int column);
double db_statement__number(struct db_statement *stmt, int column);    /* NAN: NULL */
const char *db_statement__text(struct db_statement *stmt, int column); /* "": NULL */
void db_statement__free(struct db_statement *stmt);		       /* NULL: nothing */

#endif
