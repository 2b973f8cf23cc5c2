/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single exits of a recording as a trace for Perfetto (perfetto.dev, TrackEvent): a track for each
 * VM, in it one for each vCPU, with slices "in guest", the exit's reason, and within it "user
 * space", "asleep" and "waiting for a CPU". Where exits are not timed each is a moment.
 */
#ifndef HVBENCH_PROFILE_PERFETTO_H
#define HVBENCH_PROFILE_PERFETTO_H

#include <stdio.h>

#include "bench/profile/replay.h"

struct perfetto;

/* Writes to `out` as it goes; errors of writing are those of the stream. */
struct perfetto *perfetto__open(FILE *out, const struct replay_clocks *clocks);
/* For replay_hooks.event; `ctx` is the trace. Always 0. */
int perfetto__event(const struct profile *p, const struct exits_event *e, const char *reason,
		    void *ctx);
/* After the last event: exits under way, and vCPUs that stayed in the guest. */
void perfetto__end(struct perfetto *t, struct profile *p);
/* Single exits and times without a CPU that were written. */
uint64_t perfetto__events(const struct perfetto *t);
void perfetto__close(struct perfetto *t);

#endif
