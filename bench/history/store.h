/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The history of results: figures of many runs, by cell and time, in one SQLite file or on a
 * PostgreSQL server.
 *
 * Any number of processes may read and add at once. A history written by a newer program, a damaged
 * one, and what is no history are told apart and not changed.
 */
#ifndef HVBENCH_STORE_H
#define HVBENCH_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/error.h"

struct history;

/*
 * $XDG_DATA_HOME/hvbench/history.sqlite, or below ~/.local/share. -ENOENT with a message: no home
 * directory.
 */
int history__default_path(char *path, size_t len, struct error *err);

/*
 * READ: the file must exist, and nothing is written; CHANGE: it must exist; CREATE: it is made if
 * needed, with its directory.
 */
enum history_access { HISTORY_READ, HISTORY_CHANGE, HISTORY_CREATE };

/*
 * `where`: a file, or the address of a database, "postgresql://…", with everything that libpq lets
 * it say, or leave to its environment and files. Reading needs no right to write, neither to the
 * file nor to its directory. -ENOENT: there is none; -EBADMSG: damaged, or not a history;
 * -EPROTONOSUPPORT: written by a newer program; -EACCES, -EROFS, -EIO, -EBUSY, with the database's
 * message; -EOPNOTSUPP: built without libpq.
 */
int history__open(struct history **history, const char *where, enum history_access access_to,
		  struct error *err);
void history__close(struct history *history); /* NULL: nothing */
/* The file, or the address without any password. */
const char *history__name(const struct history *history);

/* Which results: all that these apply to; NULL, 0: any. */
struct history_which {
	const char *fingerprint; /* the kind of machine */
	const char *machine;
	int64_t id;
};

/*
 * The latest results, oldest first, at most `last` (0: all): [ {"id", "started", "name", "label",
 * "kernel", "version", "fingerprint", "clock", "job", "machine": "" where not known, "load":
 * {"cpus",
 * "own_cpus", "others_cpus", "average"} as in result/load.h, null where not known, "cells"} ];
 * those without cells also have "ab": [ {"workload", "a", "b", "verdict", "change": of B against A,
 * relative} ]. NULL with err set.
 */
json_t *history__list(struct history *history, const struct history_which *which, size_t last,
		      struct error *err);
/* The same, only those that hold cells. */
json_t *history__measured(struct history *history, const struct history_which *which, size_t last,
			  struct error *err);

/*
 * Cells of a result that were not measured: [ {"key", "label", "config", "backend", "group",
 * "status": "failed|skipped", "reason"} ]; the key is that of a series without its unit. NULL with
 * err set.
 */
json_t *history__unmeasured(struct history *history, int64_t result, struct error *err);

/*
 * Removes results, all of them or none; `dry`: removes nothing. Returns what was, or would be,
 * removed, in the form of history__list(). NULL with err set; -ENOENT: one of them does not exist.
 */
json_t *history__remove(struct history *history, const int64_t *ids, size_t nr, bool dry,
			struct error *err);

#endif
