/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vCPUs waited for a CPU, by who had it: what the culprits probe counted, in a list that also
 * knows what is new since the last collection.
 */
#ifndef HVBENCH_PROFILE_WAITS_H
#define HVBENCH_PROFILE_WAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/base/error.h"
#include "probes/culprits.h"

/* A vCPU's thread and one that ran while it waited. */
struct wait {
	pid_t pid, tid; /* of the vCPU's thread; the process as the session keeps it */
	struct culprit_who who;
	char vm[128]; /* what the VM of a vCPU that ran is called; "": not known, or none */
	bool looked;  /* for that */
	uint64_t ns, max_ns, turns;
	uint64_t new_ns, new_turns; /* since the collection before the last */
};

struct waits {
	struct culprits *probe;
	struct wait *list;
	size_t nr, room;
	uint32_t of_row[CULPRITS_ROWS]; /* place in list + 1 */
	/* The process that has that number now, as the session keeps it. */
	pid_t (*process)(const void *ctx, pid_t pid);
	const void *ctx;
	bool failed; /* out of memory */
};

/* Loads the probe, for these processes (0: all) and room for so many vCPUs. */
int waits__open(struct waits **out, const pid_t *pids, size_t nr_pids, unsigned int vcpus,
		struct error *err);
/* Takes up what was counted since the last time. -ENOMEM. */
int waits__collect(struct waits *w);
void waits__close(struct waits *w);

#endif
