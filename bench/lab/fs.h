/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small helpers for files and directories, as the lab needs them. */
#ifndef HVBENCH_LAB_FS_H
#define HVBENCH_LAB_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../base/error.h"

/* Formats a path into an array; what does not fit is cut, and then does not exist. */
#define fs__path(array, ...)	fs__format((array), sizeof(array), __VA_ARGS__)
void fs__format(char *path, size_t len, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

int fs__mkdirs(const char *path, struct error *err);
/* Best effort; follows no links. */
void fs__remove_tree(const char *path);
/* The file first in sorted order whose name matches the pattern (fnmatch); of links, only ones to files. */
bool fs__find(const char *dir, const char *pattern, char *path, size_t len);
/* Whole file, with a NUL behind it that `len` does not count. Caller frees. */
char *fs__read(const char *path, size_t *len, struct error *err);
int fs__write(const char *path, const void *data, size_t len, struct error *err);
int fs__copy(const char *from, const char *to, struct error *err);
/* The last lines of a text file, unprintable bytes left out, "" if it has none; NULL: no such file. */
char *fs__tail(const char *path, unsigned int lines);
/* A new directory under $TMPDIR (/tmp). */
int fs__temp_dir(char *path, size_t len, struct error *err);
bool fs__is_elf(const void *data, size_t len);

#endif
