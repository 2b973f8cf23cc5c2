/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a document of the lab comes from, which the emulated host cannot know: when it was measured, in
 * which lane, by which emulator. Emulators of other versions count other paths.
 */
#ifndef HVBENCH_LAB_ORIGIN_H
#define HVBENCH_LAB_ORIGIN_H

#include <time.h>

#include "bench/lab/lab.h"

/*
 * Sets `started` and duration_s to this machine's, and host.lab: lane, emulator, and what the emulated
 * host took for the time.
 */
void origin__stamp(json_t *doc, const struct lab_run *run, time_t started, double took_s);

#endif
