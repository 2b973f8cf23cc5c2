/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command that `hvbench profile -- COMMAND…` starts, and watches from its start to its end with
 * whatever it starts itself. It is not started by program.h, since it has to wait until the probes
 * are attached, has our standard streams, and is asked to end before it is killed.
 */
#ifndef HVBENCH_PROFILE_CHILD_H
#define HVBENCH_PROFILE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "bench/base/error.h"

struct profile_child {
	pid_t pid;    /* 0: none */
	int go;	      /* the other end of what it waits for; -1: it runs */
	int failed;   /* from where it tells that it could not */
	bool stopped; /* by us, so that its status says nothing */
};

/*
 * Makes the process, which waits. Processes that lose their parent become children of this one from
 * now on, so that all descend from it. Negative errno.
 */
int child__start(struct profile_child *c, char *const *argv, struct error *err);
/* Lets it become the command. -ENOENT, -EACCES …: it cannot. */
int child__go(struct profile_child *c, const char *name, struct error *err);
/* Whether it has ended; its number remains taken until child__stop(). */
bool child__over(const struct profile_child *c);
/* Ends it, by force after some seconds. Returns its wait status, 0 if it is not its own. */
int child__stop(struct profile_child *c);

#endif
