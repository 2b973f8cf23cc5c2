/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SQLite file below a history: how it is opened, its tables, its errors. For bench/history/
 * only.
 */
#ifndef HVBENCH_HISTORY_DB_H
#define HVBENCH_HISTORY_DB_H

#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"

struct history {
	sqlite3 *db;
	char path[PATH_MAX];
	bool has_notes; /* whether it has the tables that the first versions did not make */
	bool has_loads; /* and that of how busy the host was, which came later still */
};

/* Reports SQLite's last error and returns -errno. `doing`: what failed, "reading" for instance. */
int history_db__fail(struct history *h, const char *doing, struct error *err);
int history_db__run(struct history *h, const char *sql, const char *doing, struct error *err);
/* NULL with err set. */
sqlite3_stmt *history_db__prepare(struct history *h, const char *sql, struct error *err);
int history_db__number(struct history *h, const char *sql, int64_t *number, struct error *err);

#endif
