/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows what a processor executes, instruction by instruction, and records each exit: from the
 * guest's instruction to its next one. Whoever feeds it is an emulator's plugin or the reader of an
 * emulator's log.
 *
 * The guest's instructions run between VMRUN and the instruction after it, or between VMLAUNCH or
 * VMRESUME and the first instruction of the kernel's half of the address space. An entry after
 * which the guest executed nothing is part of the exit.
 */
#ifndef HVBENCH_LAB_PLUGIN_WATCH_H
#define HVBENCH_LAB_PLUGIN_WATCH_H

#include "bench/lab/plugin/exits.h"

struct insn {
	uint64_t address;
	uint8_t len;
	struct insn_class class;
};

struct watch {
	uint64_t entry;		 /* where the guests of interest start, which tells a new VM */
	bool in_guest, entering; /* entering: the last instruction entered the guest */
	uint64_t resume;	 /* the instruction after VMRUN; 0: any of the kernel's */
	const struct insn *last; /* executed in the host */
	uint32_t vm;
	uint64_t rip, last_rip; /* of this exit, and of the last one */
	uint64_t guest_insns, last_guest_insns;
	bool whole; /* the exit was seen from its beginning */
	struct span span;
	struct exits exits;
	struct model model;
	uint64_t fetched; /* the last instruction, for the model */
};

/* From here on `w` is told everything, and the guest is running. What was begun is forgotten. */
void watch__begin_in_guest(struct watch *w);
/* `in` has to stay until the next call. */
void watch__insn(struct watch *w, const struct insn *in);
/* The guest executed an instruction that cannot be read. Returns whether that is so. */
bool watch__unread(struct watch *w);
/* Where the guest was when it exited, if its instructions cannot be read. */
void watch__exited_at(struct watch *w, uint64_t address);
/* Whether an access to memory would be counted, or has to go through the model. */
bool watch__wants_data(const struct watch *w);
/*
 * An access, then each of the lines it touches. Not for what the processor reads and writes by
 * itself.
 */
void watch__access(struct watch *w, bool store);
void watch__line(struct watch *w, uint64_t address, uint64_t physical, bool store);

#endif
