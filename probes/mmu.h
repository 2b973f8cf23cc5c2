/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mmu probe: page faults of guests, changes and zaps of page table entries, dirty tracking, by
 * KVM's own tracepoints. A figure whose tracepoint this kernel does not have is not known.
 */
#ifndef HVBENCH_MMU_H
#define HVBENCH_MMU_H

#include "bench/base/error.h"
#include "probes/probe.h"

struct mmu_probe;

int mmu__open(struct mmu_probe **out, const struct probe_target *target, struct error *err);
int mmu__begin(struct mmu_probe *p, struct error *err);
int mmu__end(struct mmu_probe *p, struct metrics *m, struct error *err);
void mmu__close(struct mmu_probe *p);

#endif
