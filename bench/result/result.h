/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The result document: built while a run goes on, written atomically, read back with suspicion.
 * Its shape is bench/result/result.schema.json.
 */
#ifndef HVBENCH_RESULT_H
#define HVBENCH_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "bench/backends/backend.h"
#include "bench/base/error.h"
#include "bench/plan/plan.h"

#define RESULT_SCHEMA	"hvbench.result/1"

/* One cell's rounds, in the order they were measured. */
struct cell_rounds {
	const struct cell *cell;
	struct measurement **rounds;	/* owned by the caller */
	unsigned int nr_rounds;
};

/* Document without cells: schema, tool, started, plan, host. Takes over `host`. */
json_t *result__new(const struct plan *plan, json_t *host);
/*
 * Adds the cell: net per-operation samples in the cell's unit, raw kept, summary over the rounds,
 * exits, warnings, status. A cell is ok when at least one round is; rounds that failed are told in a
 * warning. Returns the new cell (borrowed), so that more can be added to it; NULL: out of memory.
 * Expected exits have the names of host.virt, so that must be set before.
 */
json_t *result__add_cell(json_t *doc, const struct cell_rounds *rounds);
/* Adds what says which cell it is: workload, label, params, ring, backend, config … */
void result__identify(json_t *object, const struct cell *cell);
/*
 * The cell's "reference": its cost against that of the reference workload, by twins. pairs that are
 * not ok are left out; with none left "reference" is null, the reason of the first in a warning.
 */
void result__add_reference(json_t *cell, const char *label, const struct pair *pairs, size_t nr);
/* Adds a warning to a cell; one that is there already is counted once more. */
void result__warn(json_t *cell, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A time as documents have it: UTC, ISO 8601; null if it cannot be told. */
json_t *result__time(time_t when);
/* duration_s (up to now: `started` follows from it) and whether the run was cut short. */
void result__finish(json_t *doc, double duration_s, bool interrupted);

/*
 * The document as text, a line for each field and each cell, so that files can be searched and
 * compared by line; only ASCII, no control character but the newline. The caller frees it.
 */
char *result__dump(const json_t *doc, size_t *len);

/* Before minutes are spent on it: can a result be put there? As result__save() takes paths. */
int result__check_output(const char *path, struct error *err);
/*
 * Temporary file in the same directory, fsync, rename: a reader sees the old file or the new one. "-"
 * is standard output; devices, FIFOs and /dev/fd/N are written to directly. -errno with a message;
 * then no temporary file is left.
 */
int result__save(const json_t *doc, const char *path, struct error *err);
/* The same for text a renderer made. */
int result__save_text(const char *text, size_t len, const char *path, struct error *err);

/*
 * Reads a document back ("-" is standard input). Every field named in check.c then has the
 * type it says there, so that readers may trust types. -ENOENT/-EACCES …: cannot be read; -EFBIG: too
 * large; -EBADMSG: not a result document, with the place and the reason; -EPROTONOSUPPORT: of a newer
 * program. NULL with err set.
 */
json_t *result__load(const char *path, struct error *err);
/* The same from memory; `name` is what messages call it. */
json_t *result__parse(const char *text, size_t len, const char *name, struct error *err);
/* The checks alone, for a document made in memory: 0 or -EBADMSG, -EPROTONOSUPPORT. */
int result__check(const json_t *doc, const char *name, struct error *err);

#endif
