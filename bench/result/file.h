/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Result documents as text and as files: written atomically, read back with suspicion.
 */
#ifndef HVBENCH_RESULT_FILE_H
#define HVBENCH_RESULT_FILE_H

#include <jansson.h>
#include <stddef.h>

#include "bench/base/error.h"

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
 * then no temporary file is left. What killed writers left beside it is swept (stale_temp.h).
 */
int result__save(const json_t *doc, const char *path, struct error *err);
/* The same for text a renderer made. */
int result__save_text(const char *text, size_t len, const char *path, struct error *err);

/*
 * Reads a document back ("-" is standard input). Every field that result.schema.json describes then has the
 * type it says there, so that readers may trust types. -ENOENT/-EACCES …: cannot be read; -EFBIG: too
 * large; -EBADMSG: not a result document, with the place and the reason; -EPROTONOSUPPORT: of a newer
 * program. NULL with err set.
 */
json_t *result__load(const char *path, struct error *err);
/* The same from memory; `name` is what messages call it. */
json_t *result__parse(const char *text, size_t len, const char *name, struct error *err);

#endif
