/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs other programs as children, without a shell: the one place where any is started, but for
 * the command that a profile watches (bench/profile/child.h). A child leads a process group of its
 * own, which is killed as a whole, and it dies with the thread that started it, so that no child is
 * ever left running.
 */
#ifndef HVBENCH_PROGRAM_H
#define HVBENCH_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "bench/base/error.h"
#include "bench/base/signals.h"

/*
 * Whether a program of that name is in PATH or in the system administration directories; stores its
 * path in `path` if that is not NULL.
 */
bool program__find(const char *name, char *path, size_t len);

struct program {
	pid_t pid; /* 0: none */
	int pidfd;
	/* what it writes to standard output and standard error, unless to files */
	int said_fd;
	bool terminal;
};

/* All zero: no input; what it writes is kept for program__said(). */
struct program_options {
	const char *dir;	/* working directory; NULL: ours */
	const char *in, *out;	/* files; NULL: nothing, and what program__said() tells */
	const char *err;	/* file, appended to; NULL: with `out` */
	const char *const *env; /* "NAME=VALUE" in addition to ours; ended by NULL. NULL: none */
	const char *const *only_env; /* in place of ours. NULL: ours */
	const int *fds;	 /* descriptors it inherits, under the same numbers; ended by -1.
				 * NULL: none */
	bool no_thp;	 /* without transparent huge pages */
	bool no_network; /* without access to any, where the system allows to take it away */
	/* it keeps our standard streams and our process group: for a shell */
	bool terminal;
	unsigned int cpu_s; /* CPU time it may take; 0: any */
	size_t file_bytes;  /* that it may write to a file; 0: any */
	/* what the child undoes; NULL: no signal is blocked in it */
	const struct signals_blocked *blocked;
};

/*
 * argv[0] is a path, or a name for program__find(). `p` is zero-filled before the first start;
 * after program__kill() it can be used again. -ENOENT: there is no such program.
 */
int program__start(struct program *p, const char *const *argv, const struct program_options *opts,
		   struct error *err);
/* Returns 0 once the program has ended, or -ETIME. */
int program__wait(struct program *p, int timeout_ms);
/* Kills and reaps what is left of it. Returns its wait status. */
int program__kill(struct program *p);
/* The same; *usage is what it took, with all that it waited for. */
int program__end(struct program *p, struct rusage *usage);
/* The end of what it has written so far, as one line, without warnings; "" if nothing. */
char *program__said(const struct program *p, char *buf, size_t len);

/*
 * Runs a program to its end, with everything it writes stored in `out` (cut off at len). -ETIME;
 * -EIO when it did not exit with status 0.
 */
int program__output(const char *const *argv, char *out, size_t len, int timeout_ms,
		    struct error *err);

#endif
