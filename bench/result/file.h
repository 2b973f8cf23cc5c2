/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Result documents as text and as files: written atomically, checked when read. */
#ifndef HVBENCH_RESULT_FILE_H
#define HVBENCH_RESULT_FILE_H

#include <jansson.h>
#include <stddef.h>

#include "bench/base/error.h"

/*
 * The document as text, with a line for each field and each cell, so that files can be searched and
 * compared by line; ASCII only, and no control characters except newlines. The caller frees it.
 */
char *result__dump(const json_t *doc, size_t *len);

/*
 * Checks, before minutes are spent on it, that a result can be written there. Takes the same paths
 * as result__save().
 */
int result__check_output(const char *path, struct error *err);
/*
 * Writes a temporary file in the same directory, fsyncs and renames it: a reader sees the old file
 * or the new one. "-" is standard output; devices, FIFOs and /dev/fd/N are written to directly.
 * -errno with a message; then no temporary file is left. Also removes temporary files that killed
 * writers left there (stale_temp.h).
 */
int result__save(const json_t *doc, const char *path, struct error *err);
/* The same for text made by a renderer. */
int result__save_text(const char *text, size_t len, const char *path, struct error *err);

/*
 * Reads a document back ("-" is standard input). Every field that result.schema.json describes then
 * has the type given there, so that code may rely on types. -ENOENT/-EACCES …: cannot be read;
 * -EFBIG: too large; -EBADMSG: not a result document, with the place and the reason;
 * -EPROTONOSUPPORT: written by a newer program. NULL with err set.
 */
json_t *result__load(const char *path, struct error *err);
/* The same from memory; messages call it `name`. */
json_t *result__parse(const char *text, size_t len, const char *name, struct error *err);

#endif
