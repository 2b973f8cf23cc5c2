/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file below /sys or /proc/sys whose value is to be put back as it was. What "as it was" means is what the
 * file says when it is read, all of it. Who changes one holds a lock on the file itself (flock(2) works on
 * them): that is the same for every user and by every name of the file, it is nobody's when its holders are
 * dead, and a child that inherits the descriptor goes on holding it.
 */
#ifndef HVBENCH_SETTING_FILE_H
#define HVBENCH_SETTING_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "bench/base/error.h"

#define SETTING_PATH_BYTES	512
/* The kernel's own limit for most of them is a page. */
#define SETTING_MAX_BYTES	(64u << 10)

struct setting_file {
	char path[SETTING_PATH_BYTES];
	int fd;				/* -1: not open */
	dev_t dev;			/* with ino: the same file by whatever name */
	ino_t ino;
	char *before;			/* bytes as read, and a NUL; owned */
	size_t before_len;
	const char *back;		/* of it, what has to be written to have it back */
	size_t back_len;
};

/* An absolute path below /sys or /proc/sys that goes nowhere else. */
bool setting_file__is_path(const char *path);
/* For reading and writing. -errno. */
int setting_file__open(struct setting_file *f, const char *path, struct error *err);
/* 0: it is ours until the last copy of the descriptor is closed. -EBUSY: somebody's else. */
int setting_file__lock(const struct setting_file *f);
/* "process 4711 (hvbench)", as far as the kernel tells, for messages about -EBUSY. */
char *setting_file__holder(const struct setting_file *f, char *buf, size_t len);
/* Reads all of it as what is to be put back. */
int setting_file__keep(struct setting_file *f, struct error *err);

/* The text now, of *len bytes and a NUL; the caller frees it. NULL: *len is an errno. */
char *setting_file__read(const struct setting_file *f, size_t *len);
/* As "echo VALUE >file" does. No allocation. -errno. */
int setting_file__write(const struct setting_file *f, const char *value, size_t len);

bool setting_file__is_as_before(const struct setting_file *f);
/*
 * Writes what was there before, also where it seems to be there, and reads it back. Of a file of choices
 * ("always [madvise] never") the one in brackets is written. -EILSEQ: it was taken and reads otherwise.
 */
int setting_file__put_back(struct setting_file *f);
/* The same, only where it is needed, and tried again for a fifth of a second before it is given up. */
int setting_file__restore(struct setting_file *f);
void setting_file__close(struct setting_file *f);

/* Without control characters and the newline at its end, cut where it is long: for messages. */
char *setting_file__show(const char *text, size_t text_len, char *buf, size_t len);

#endif
