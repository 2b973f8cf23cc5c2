/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The culprits probe: which threads had the CPU while threads that run vCPUs waited for it, summed
 * up in the kernel. Nothing runs per exit; each switch between threads of this host takes a little
 * longer. Not one of the probes of probe.h, since its figures are by others than the VM.
 */
#ifndef HVBENCH_CULPRITS_H
#define HVBENCH_CULPRITS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "probes/culprits_layout.h"
#include "probes/probe.h"

struct culprits;

/*
 * `vcpus`: room for so many. Nothing is attached yet. Its target's number of a vCPU is not looked
 * at. Negative errno with what is missing, as of all eBPF probes.
 */
int culprits__open(struct culprits **out, const struct probe_target *target, unsigned int vcpus,
		   struct error *err);
/* Attaches; counting begins. Once only. */
int culprits__begin(struct culprits *c, struct error *err);
/* Detaches. What was counted can still be read. */
void culprits__end(struct culprits *c);
void culprits__close(struct culprits *c);

/*
 * Each vCPU's thread with each that it waited for, as summed up since the beginning; `at` is the
 * same for the same two, below CULPRITS_ROWS. After the end also what still waited then
 * (CULPRIT_PENDING, with no turns).
 */
typedef void (*culprits_visit)(unsigned int at, const struct culprit_row *row, void *ctx);
void culprits__read(struct culprits *c, culprits_visit visit, void *ctx);
/* What is in no row; `text` says it for people ("": nothing is missing). */
void culprits__lost(struct culprits *c, char *text, size_t len);

#endif
