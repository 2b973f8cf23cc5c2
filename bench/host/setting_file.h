/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file below /sys or /proc/sys whose value will be restored. The value to restore is the whole
 * text that reads from the file. Whoever changes such a file holds a lock on the file itself
 * (flock(2) works on them): all users and all names of the file share that lock, it is released
 * when its holders are dead, and a child that inherits the descriptor keeps holding it.
 */
#ifndef HVBENCH_SETTING_FILE_H
#define HVBENCH_SETTING_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "bench/base/error.h"

#define SETTING_PATH_BYTES 512
/* The kernel's own limit for most of them is a page. */
#define SETTING_MAX_BYTES (64u << 10)

struct setting_file {
	char path[SETTING_PATH_BYTES];
	int fd;	   /* -1: not open */
	dev_t dev; /* with ino: identifies the file under any name */
	ino_t ino;
	char *before; /* bytes as read, and a NUL; owned */
	size_t before_len;
	const char *back; /* the part of it that has to be written to restore it */
	size_t back_len;
};

/* Whether it is an absolute path below /sys or /proc/sys that does not lead out of there. */
bool setting_file__is_path(const char *path);
/* What to do about EACCES or EPERM of it: the end of a message. */
const char *setting_file__advice(int code);
/* Opens it for reading and writing. -errno. */
int setting_file__open(struct setting_file *f, const char *path, struct error *err);
/*
 * 0: locked until the last copy of the descriptor is closed. -EBUSY: someone else holds the lock.
 */
int setting_file__lock(const struct setting_file *f);
/* "process 4711 (hvbench)", as far as the kernel says, for messages about -EBUSY. */
char *setting_file__holder(const struct setting_file *f, char *buf, size_t len);
/* Reads the whole value and keeps it as the one to restore. */
int setting_file__keep(struct setting_file *f, struct error *err);

/* The current text, *len bytes and a NUL; the caller frees it. NULL: *len is an errno. */
char *setting_file__read(const struct setting_file *f, size_t *len);
/* Does what "echo VALUE >file" does. Allocates nothing. -errno. */
int setting_file__write(const struct setting_file *f, const char *value, size_t len);

bool setting_file__is_as_before(const struct setting_file *f);
/*
 * Writes the original value, even if the file seems to have it, and reads it back. Of a list of
 * choices ("always [madvise] never") the word in brackets is written. -EILSEQ: it was accepted but
 * reads differently.
 */
int setting_file__put_back(struct setting_file *f);
/* The same, but only if needed, and retried for a fifth of a second before giving up. */
int setting_file__restore(struct setting_file *f);
void setting_file__close(struct setting_file *f);

/* For messages: without control characters and the final newline, cut off where it is long. */
char *setting_file__show(const char *text, size_t text_len, char *buf, size_t len);

#endif
