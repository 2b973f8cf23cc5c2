/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recorded profiles (record.h), as what they were: a struct profile without a probe. The file may
 * be anybody's: what is not as it has to be is refused.
 */
#ifndef HVBENCH_PROFILE_REPLAY_H
#define HVBENCH_PROFILE_REPLAY_H

#include <jansson.h>
#include <stdbool.h>

#include "bench/base/error.h"
#include "bench/profile/session.h"

struct replay;

struct replay_hooks {
	/*
	 * A single exit, or a time without a CPU; `e->slot` is the place in p->vcpus, the reason ""
	 * where there is none. NULL: not wanted.
	 */
	int (*event)(const struct profile *p, const struct exits_event *e, const char *reason,
		     void *ctx);
	/* After sums were taken up; > 0: an interval ends here. NULL: not wanted. */
	int (*collected)(struct profile *p, void *ctx);
	void *ctx;
};

/* Whether it is a file (no pipe) that begins like a recording. */
bool replay__is(const char *path);
/*
 * Opens the recording ("-": standard input) and reads what it says of itself. `opts`: how to sum
 * up, and which VMs (pids, names, vcpu); what was set when it was recorded is put into it.
 * -EBADMSG: damaged; -EPROTONOSUPPORT: a newer program's, or it lacks what is asked for; else why
 * it cannot be read. The caller calls replay__close() and profile__close() in any case.
 */
int replay__open(struct replay **out, struct profile *p, struct profile_options *opts,
		 const char *path, struct error *err);
/* Reads all of it. Errors as above, or a hook's. */
int replay__run(struct replay *r, const struct replay_hooks *hooks, struct error *err);
/* What is to be said of it: that it was cut off; "": nothing. */
const char *replay__note(const struct replay *r);
/* CLOCK_MONOTONIC, CLOCK_BOOTTIME and CLOCK_REALTIME of one moment, in ns; 0: not known. */
struct replay_clocks {
	uint64_t monotonic_ns, boottime_ns, realtime_ns;
};
struct replay_clocks replay__clocks(const struct replay *r);
void replay__close(struct replay *r);

#endif
