/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small helpers for files and directories, as the lab needs them. */
#ifndef HVBENCH_LAB_FS_H
#define HVBENCH_LAB_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "bench/base/error.h"

/* Formats a path into an array; what does not fit is cut, and then does not exist. */
#define fs__path(array, ...)	fs__format((array), sizeof(array), __VA_ARGS__)
void fs__format(char *path, size_t len, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

int fs__mkdirs(const char *path, struct error *err);
/* Best effort; follows no links. */
void fs__remove_tree(const char *path);
/* The file first in sorted order whose name matches the pattern (fnmatch); of links, only ones to files. */
bool fs__find(const char *dir, const char *pattern, char *path, size_t len);
/* Whether it is a file that can be read, and ends: no FIFO, no device. -errno, -EINVAL; `what` is for the message. */
int fs__check_file(const char *path, const char *what, struct error *err);
/* Whole file (see fs__check_file()), with a NUL behind it that `len` does not count. Caller frees. */
char *fs__read(const char *path, size_t *len, struct error *err);
/* The same from an offset on, "" beyond its end. */
char *fs__read_from(const char *path, off_t offset, size_t *len, struct error *err);
int fs__write(const char *path, const void *data, size_t len, struct error *err);
int fs__copy(const char *from, const char *to, struct error *err);
/*
 * The last lines of a text file, of what is at most 256 KiB from its end, unprintable bytes left out and of lines that
 * were written over the last state; "" if it has none; NULL: no such file.
 */
char *fs__tail(const char *path, unsigned int lines);
/*
 * Of the files with that ending in `dir` all but the last `max` by name go: names that begin with a time
 * sort by age.
 */
void fs__keep_newest(const char *dir, const char *ending, unsigned int max);
/*
 * A new directory under $TMPDIR (/tmp); *fd is to be kept open for as long as it is in use, and says so to
 * others.
 */
int fs__temp_dir(char *path, size_t len, int *fd, struct error *err);
/* Removes such directories that a process of this user has left behind and nobody holds any more. */
void fs__sweep_temp_dirs(void);
/* Removes files "NAME.PID.…" of `dir` whose process is gone; NAME is one of a NULL-terminated list. */
void fs__sweep_files(const char *dir, const char *const *names);
bool fs__is_elf(const void *data, size_t len);

#endif
