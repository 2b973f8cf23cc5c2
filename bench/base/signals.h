/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signals by which a user, a timeout and a terminal that goes ask a program to end: SIGINT,
 * SIGTERM, SIGHUP. What is being measured is ended in order and kept; a second wish ends at once.
 */
#ifndef HVBENCH_SIGNALS_H
#define HVBENCH_SIGNALS_H

#include <signal.h>

#include "bench/base/error.h"

/*
 * From now on the first of them makes what is returned 1, interrupting system calls that wait;
 * another one half a second later or more has its usual effect (timeout(1) sends its own twice).
 * Those that are ignored (nohup, a shell's background) stay so. SIGPIPE is ignored: a reader that
 * went is an error of writing.
 */
const volatile sig_atomic_t *signals__catch(void);
/* From now on system calls go on when one comes: what is written is not torn. */
void signals__hold(void);

/* For whoever waits by poll(): they are blocked, and readable. SIGPIPE is ignored meanwhile. */
struct signals_blocked {
	int fd; /* a signalfd */
	sigset_t old;
	struct sigaction old_pipe;
};

int signals__block(struct signals_blocked *blocked, struct error *err);
void signals__restore(struct signals_blocked *blocked);
/* In a child, before it becomes another program. */
void signals__restore_in_child(const struct signals_blocked *blocked);

#endif
