/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory with pages of a given kind, anonymous or of a file without a name: for guests, and for the
 * processes measured beside them.
 */
#ifndef HVBENCH_VMM_MEMORY_H
#define HVBENCH_VMM_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"
#include "bench/plan/config.h"

struct memory {
	void *host;
	uint64_t bytes;
	enum config_pages pages;
};

/*
 * -EOPNOTSUPP: `bytes` are more than the host, or its control groups, have available now. They
 * should be the total of everything that will be alive at once, since pages are only taken when
 * touched. `at_first`: what was available when the run began, 0: not known.
 */
int memory__check(uint64_t bytes, uint64_t at_first, struct error *err);
/* Rounds bytes up to whole pages of that kind. */
int memory__alloc(struct memory *mem, uint64_t bytes, enum config_pages pages, struct error *err);
/*
 * The same at this address if it is free, else anywhere; shared, where a file is behind it.
 */
int memory__alloc_at(struct memory *mem, uint64_t address, uint64_t bytes, enum config_pages pages,
		     enum config_backing backing, struct error *err);
/*
 * Allocates 4 KiB pages of which all are present but none is mapped: the first touch of each is a
 * fault that finds the page.
 */
int memory__alloc_unmapped(struct memory *mem, uint64_t bytes, struct error *err);
/* To be called before the memory is touched: its pages come from the NUMA node. */
int memory__bind(struct memory *mem, int node, struct error *err);
/*
 * To be called after binding, before touching: checks whether the host really provides the huge
 * pages it reserved. -EOPNOTSUPP where the first touch would end in SIGBUS. Gives the pages back.
 */
int memory__prove(struct memory *mem, struct error *err);
/* Puts host pages behind all of it. */
int memory__populate(struct memory *mem, struct error *err);
/* How much of it huge pages back now, from /proc/self/smaps; negative errno when not known. */
int64_t memory__huge_bytes(const struct memory *mem);
void memory__free(struct memory *mem);

#endif
