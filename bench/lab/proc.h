/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Child processes of the lab: package tools and emulators. A child leads a process group of its own;
 * when it overruns its time, when the user interrupts, and when this process dies, the whole group
 * is killed, so that no emulator is ever left running.
 *
 * The caller blocks SIGINT, SIGTERM and SIGHUP (lab_signals__block) for as long as it uses this; a
 * signal that arrives makes proc__run() return -EINTR. SIGPIPE is ignored meanwhile: a reader that went away
 * is an error of writing, and what was measured can still be kept.
 */
#ifndef HVBENCH_LAB_PROC_H
#define HVBENCH_LAB_PROC_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "bench/base/error.h"

struct proc_options {
	const char *dir;	/* working directory; NULL: ours */
	const char *out;	/* file for standard output, NULL: /dev/null */
	const char *err;	/* file for standard error; NULL: with standard output */
	const char *in;		/* file for standard input; NULL: /dev/null */
	const char *const *env;	/* NULL-terminated "NAME=VALUE" added to ours; may be NULL */
	bool no_network;	/* without access to any, where the system allows to take it away */
	bool terminal;		/* keep our standard streams and process group: for a shell */
	unsigned int timeout_s;	/* 0: none */
	/*
	 * Called about every 100 ms while the child runs; anything but 0 ends the child, and is what
	 * proc__run() returns.
	 */
	int (*tick)(void *data);
	void *data;
};

struct proc_signals {
	int fd;			/* signalfd */
	sigset_t old;
	struct sigaction old_pipe;
};

struct proc_result {
	int status;		/* exit status, or 128 + signal */
	double wall_s, cpu_s;	/* CPU time of the child and of what it waited for */
};

int proc_signals__block(struct proc_signals *sig, struct error *err);
void proc_signals__restore(struct proc_signals *sig);

/*
 * Runs argv[0] (looked up in PATH). 0 when it ended by itself, whatever its status; -EINTR, or
 * -ETIMEDOUT, or what tick() returned, each with everything it started killed and reaped.
 */
int proc__run(const char *const *argv, const struct proc_options *opts, struct proc_signals *sig,
	      struct proc_result *res, struct error *err);

#endif
