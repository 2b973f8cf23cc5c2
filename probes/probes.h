/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All probes of a cell's context at once, as far as they are available here. */
#ifndef HVBENCH_PROBES_H
#define HVBENCH_PROBES_H

#include "probes/probe.h"

struct probes;

/*
 * Probes that cannot be opened or begun are left out; probes__end() says why. NULL: out of memory.
 */
struct probes *probes__open(const struct probe_target *target);
void probes__begin(struct probes *p);
/* Called for each probe: its figures, or NULL and why there are none. */
typedef void (*probes_visit)(const struct probe *probe, const struct metrics *metrics,
			     const char *why, void *ctx);
void probes__end(struct probes *p, probes_visit visit, void *ctx);
void probes__close(struct probes *p);

#endif
