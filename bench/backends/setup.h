/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a cell's configuration comes to, for every backend alike.
 */
#ifndef HVBENCH_SETUP_H
#define HVBENCH_SETUP_H

#include "backends/backend.h"

/* Host pages behind the working set: never PAGES_AUTO. */
enum config_pages setup__pages(const struct cell *cell);
/* Whether the guest maps the working set by 4 KiB pages. */
bool setup__small_guest_pages(const struct cell *cell);
/* vCPUs of each VM. */
unsigned int setup__vcpus(const struct cell *cell);

/* Warns of more vCPUs than CPUs that may run them. */
void setup__warn_of_sharing(const struct cell *cell, struct measurement *m);

#endif
