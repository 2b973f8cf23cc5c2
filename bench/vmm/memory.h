/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anonymous memory of a backing: what guests, and processes beside them, work in.
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
 * -EOPNOTSUPP: `bytes` are more than the host, or what control groups allow of it, has available now. They
 * are to be those of all that will be alive at once, since pages only come when they are touched.
 * `at_first`: what was available when the run began, 0: not known.
 */
int memory__check(uint64_t bytes, uint64_t at_first, struct error *err);
/* Rounds bytes up to whole pages of the backing. */
int memory__alloc(struct memory *mem, uint64_t bytes, enum config_pages pages, struct error *err);
/* The same at this address if nobody is there, else anywhere. */
int memory__alloc_at(struct memory *mem, uint64_t address, uint64_t bytes, enum config_pages pages,
		     struct error *err);
/*
 * In 4 KiB pages that are all there and none of them mapped: the first touch of each is a fault
 * that finds it.
 */
int memory__alloc_unmapped(struct memory *mem, uint64_t bytes, struct error *err);
/* Before it is touched: its pages come from the NUMA node. */
int memory__bind(struct memory *mem, int node, struct error *err);
/*
 * Bound, but not yet touched: whether the host really gives the huge pages it reserved. -EOPNOTSUPP where it
 * would answer the first touch of one by SIGBUS. They are given back.
 */
int memory__prove(struct memory *mem, struct error *err);
/* Puts host pages behind all of it. */
int memory__populate(struct memory *mem, struct error *err);
/* Bytes of it that huge pages back now, by /proc/self/smaps; negative errno when not known. */
int64_t memory__huge_bytes(const struct memory *mem);
void memory__free(struct memory *mem);

#endif
