/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other programs as children. A child leads a process group of its own, which is killed as a whole,
 * and dies with the thread that started it, so that none is ever left running.
 */
#ifndef HVBENCH_PROGRAM_H
#define HVBENCH_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "bench/base/error.h"

/* Whether a program of that name is in PATH, or where administrators' programs are; its path to
 * `path` if that is not NULL. */
bool program__find(const char *name, char *path, size_t len);

struct program {
	pid_t pid;		/* 0: none */
	int pidfd;
	int said_fd;		/* what it writes to standard output and standard error */
};

struct program_options {
	const int *fds;		/* descriptors it inherits, by the same numbers; ended by -1. NULL: none */
	bool no_thp;		/* without transparent huge pages */
};

/* argv[0] is a path. Zero-filled `p` before it is started, and again after program__kill(). */
int program__start(struct program *p, const char *const *argv, const struct program_options *opts,
		   struct error *err);
/* 0 once it has ended, -ETIME. */
int program__wait(struct program *p, int timeout_ms);
/* Kills and reaps what is left of it. Returns its wait status. */
int program__kill(struct program *p);
/* The end of what it said so far, as one line, without warnings; "" if nothing. */
char *program__said(const struct program *p, char *buf, size_t len);

/*
 * Runs it to its end, all that it says to `out` (cut off at len). -ETIME; -EIO when it did not exit
 * with status 0.
 */
int program__output(const char *const *argv, char *out, size_t len, int timeout_ms,
		    struct error *err);

#endif
