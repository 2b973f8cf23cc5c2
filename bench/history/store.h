/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The history of results: figures of many runs in one SQLite file, by cell and time.
 *
 * Any number of processes may read and add at once (write-ahead log; they wait for each other). A
 * file written by a newer program, a damaged one, and one that is not a history are told apart and
 * not changed.
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
 * Reading needs no right to write, neither to the file nor to its directory. -ENOENT: there is
 * none; -EBADMSG: damaged, or not a history; -EPROTONOSUPPORT: written by a newer program; -EACCES,
 * -EROFS, -EIO, -EBUSY, with SQLite's message.
 */
int history__open(struct history **history, const char *path, enum history_access access_to,
		  struct error *err);
void history__close(struct history *history);

/*
 * Adds a result (checked by result/check.h). 1: it was there already. `label`: for instance a
 * commit; may be NULL.
 */
int history__add(struct history *history, const json_t *doc, const char *name, const char *label,
		 struct error *err);

/*
 * The latest results, oldest first, at most `last` (0: all): [ {"id", "started", "name", "label",
 * "kernel", "version", "fingerprint", "clock", "job": "" where it is not known, "load": {"cpus",
 * "own_cpus", "others_cpus", "average"} as in result/load.h, null where not known, "cells"} ];
 * those without cells also have "ab": [ {"workload", "a", "b", "verdict", "change": of B against A,
 * relative} ]. `fingerprint` NULL: results of all hosts. NULL with err set.
 */
json_t *history__list(struct history *history, const char *fingerprint, size_t last,
		      struct error *err);
/* The same, only those that hold cells. */
json_t *history__measured(struct history *history, const char *fingerprint, size_t last,
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

/* What was measured of one cell in one result. */
struct history_point {
	int64_t result;
	size_t at;			     /* index of the result in the list */
	double p50, low, high, ratio, exits; /* NAN: not measured; ratio is a log-ratio to the
						 * reference */
};

struct history_series {
	char *key; /* identifies the cell, as JSON */
	char *label, *config, *backend, *group, *unit;
	bool higher_is_better;
	struct history_point *points; /* in the order of time */
	size_t nr;
};

/* Which cells to read; NULL: all. Called before the points are read. */
struct history_filter {
	bool (*wanted)(const struct history_series *series, const void *context);
	const void *context;
};

/*
 * The cells' points in the listed results (from history__list()). *series is allocated; freed by
 * history__free_series(). 0 or -errno with err set.
 */
int history__series(struct history *history, const json_t *results,
		    const struct history_filter *filter, struct history_series **series, size_t *nr,
		    struct error *err);
void history__free_series(struct history_series *series, size_t nr);

#endif
