/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kept a thread that runs a vCPU from running its guest: other threads, interrupts, exits. A
 * list of stretches of time for one thread and a short while, so that gaps which its guest saw can
 * be put down to causes. Not one of the probes of probe.h, since it takes the guest's own record to
 * make figures of it.
 */
#ifndef HVBENCH_STOPS_H
#define HVBENCH_STOPS_H

#include <stdint.h>
#include <sys/types.h>

#include "bench/base/error.h"
#include "probes/stops_layout.h"

struct stops;

/* For a thread of this process, by its number in /proc. Negative errno with what is missing. */
int stops__open(struct stops **out, pid_t tid, struct error *err);
int stops__begin(struct stops *s, struct error *err);
/* Detaches. The list is in the order in which stops ended, and lives until the next begin. */
void stops__end(struct stops *s, const struct stop **list, size_t *nr, uint64_t *lost);
void stops__close(struct stops *s);
/* "timer interrupt", "another thread (kworker/0:1)", …; returns buf. */
char *stop__describe(const struct stop *s, char *buf, size_t len);

#endif
