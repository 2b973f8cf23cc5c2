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

/* Formats a path into an array; one that does not fit is cut off, and then does not exist. */
#define fs__path(array, ...) fs__format((array), sizeof(array), __VA_ARGS__)
void fs__format(char *path, size_t len, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

int fs__mkdirs(const char *path, struct error *err);
/* As far as possible; follows no links. */
void fs__remove_tree(const char *path);
/*
 * The first file in sorted order whose name matches the pattern (fnmatch), at any depth. Links
 * below `dir` count only if they lead to files; `dir` itself may be one to a directory.
 */
bool fs__find(const char *dir, const char *pattern, char *path, size_t len);
/*
 * Checks that it is a readable regular file, not a FIFO or a device. -errno, -EINVAL; `what` is for
 * the message.
 */
int fs__check_file(const char *path, const char *what, struct error *err);
/*
 * The whole file (see fs__check_file()), with a NUL behind it that `len` does not count. The caller
 * frees it.
 */
char *fs__read(const char *path, size_t *len, struct error *err);
/* The same from an offset on; "" beyond its end. */
char *fs__read_from(const char *path, off_t offset, size_t *len, struct error *err);
int fs__write(const char *path, const void *data, size_t len, struct error *err);
int fs__copy(const char *from, const char *to, struct error *err);
/*
 * The last lines of a text file, out of its last 256 KiB at most, without unprintable bytes; of
 * lines that were overwritten only the last state. "" if it has none; NULL: no such file.
 */
char *fs__tail(const char *path, unsigned int lines);
/*
 * Deletes all but the last `max`, by name, of the files in `dir` with that ending. Names that begin
 * with a time are in the order of age.
 */
void fs__keep_newest(const char *dir, const char *ending, unsigned int max);
/*
 * Makes a new directory under $TMPDIR (/tmp). *fd has to stay open as long as the directory is in
 * use: its lock says so to others.
 */
int fs__temp_dir(char *path, size_t len, int *fd, struct error *err);
/*
 * Removes such directories that processes of this user have left behind and that are not locked any
 * more.
 */
void fs__sweep_temp_dirs(void);
/*
 * Removes files "NAME.PID.…" of `dir` whose process has ended; NAME is one of a NULL-terminated
 * list.
 */
void fs__sweep_files(const char *dir, const char *const *names);
bool fs__is_elf(const void *data, size_t len);

#endif
