/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Child processes of the lab: package tools and emulators. A child leads a process group of its
 * own. If it takes too long, if the user interrupts, and if this process dies, the whole group is
 * killed, so that no emulator is ever left running.
 *
 * The caller blocks SIGINT, SIGTERM and SIGHUP (signals__block()) for as long as it uses this; a
 * signal then makes proc__run() return -EINTR. SIGPIPE is ignored meanwhile: if the reader has gone
 * away, writing gives an error, and what was measured can still be saved.
 */
#ifndef HVBENCH_LAB_PROC_H
#define HVBENCH_LAB_PROC_H

#include <stdbool.h>
#include <sys/types.h>

#include "bench/base/error.h"
#include "bench/base/signals.h"

struct proc_options {
	const char *dir;	/* working directory; NULL: ours */
	const char *out;	/* file for standard output, NULL: /dev/null */
	const char *err;	/* file for standard error; NULL: with standard output */
	const char *in;		/* file for standard input; NULL: /dev/null */
	const char *const *env; /* NULL-terminated "NAME=VALUE" added to ours; may be NULL */
	bool no_network;	/* without network access, if the system allows taking it away */
	bool terminal;		/* keep our standard streams and process group: for an interactive
				 * shell */
	unsigned int timeout_s; /* 0: none */
	/*
	 * Called about every 100 ms while the child runs; a non-zero return value ends the child,
	 * and proc__run() returns it.
	 */
	int (*tick)(void *data);
	void *data;
};

struct proc_result {
	int status;	      /* exit status, or 128 + signal */
	double wall_s, cpu_s; /* CPU time of the child and of its children it waited for */
};

/*
 * Runs argv[0] (looked up in PATH). 0 when it ended by itself, with any status; -EINTR, -ETIMEDOUT
 * or what tick() returned, when everything it had started has been killed and reaped.
 */
int proc__run(const char *const *argv, const struct proc_options *opts, struct signals_blocked *sig,
	      struct proc_result *res, struct error *err);

#endif
