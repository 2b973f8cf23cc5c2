/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The origin of a document of the lab, which the emulated host cannot know: when it was measured,
 * in which lane, by which emulator. Another version of an emulator may count other paths.
 */
#ifndef HVBENCH_LAB_ORIGIN_H
#define HVBENCH_LAB_ORIGIN_H

#include <time.h>

#include "bench/lab/lab.h"

/*
 * Sets `started` and duration_s to this machine's times, and host.lab: lane, emulator, and the time
 * by the emulated host's clock. Cells whose figures include what no such hardware has to do get
 * software_decoding, and a warning.
 */
void origin__stamp(json_t *doc, const struct lab_run *run, time_t started, double took_s);

#endif
