/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One exit, instruction by instruction: QEMU logs the address of every instruction for a short while
 * as the guest does the same operation over and over; what runs between one guest instruction and the
 * next is an exit. The exits that are alike make the profile; those with a timer tick in them do not.
 *
 * Calls are inferred from addresses: to get to the first instruction of a function is a call, to get to
 * the middle of one that is on the stack is a return to it. A tail call shows as a call.
 */
#ifndef HVBENCH_LAB_TRACE_H
#define HVBENCH_LAB_TRACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/base/error.h"

struct symbol {
	uint64_t address;
	const char *name;
};

struct symbols {
	struct symbol *list;	/* by address */
	size_t nr, room;
	char *texts[4];		/* that names point into */
	unsigned int nr_texts;
};

/* "ADDRESS TYPE NAME [MODULE]" lines, as of /proc/kallsyms; code only. Takes over `text`. -ENOMEM. */
int symbols__add(struct symbols *symbols, char *text, struct error *err);
void symbols__sort(struct symbols *symbols);
void symbols__free(struct symbols *symbols);

/* A function as it was called on one path. */
struct trace_node {
	const char *name;
	uint64_t self, total;		/* instructions of one exit */
	uint64_t calls;
	struct trace_node *child, *next, *parent;
};

/*
 * A rep instruction of the exit. QEMU executes each repetition, and a last one that finds the count at zero,
 * as an instruction of its own, and so the clock counts them.
 */
struct trace_rep {
	uint64_t address;
	const char *function;
	uint64_t repetitions;		/* beyond the one instruction that it is */
	unsigned int width;		/* bytes a repetition; 0: not known */
};

#define TRACE_MAX_REPS	16

/* The clock counts two instructions an operation for the empty loop, and none that ends in an exit. */
#define TRACE_LOOP	3

struct trace {
	struct trace_rep reps[TRACE_MAX_REPS];
	unsigned int nr_reps;
	uint64_t repetitions;		/* of all rep instructions, those that found no room included */
	struct trace_node *root;	/* of the typical exit; NULL: none was found */
	uint64_t instructions;		/* of it: without the guest's own */
	uint64_t guest_instructions;	/* of the guest between two exits */
	uint64_t guest_address;		/* of the instruction that exits */
	unsigned int exits, alike;	/* whole exits seen; as long as the typical one */
	uint64_t user_instructions;	/* in user space */
};

/*
 * From QEMU's log of executed translation blocks (-d exec, one instruction each). `user` is what
 * user-space code is called, "" to look its addresses up as well (a PV dom0's kernel is none).
 * -ENODATA: no two exits in it.
 */
int trace__read(struct trace *trace, const char *log, const struct symbols *symbols, const char *user,
		struct error *err);
void trace__free(struct trace *trace);
/* What `lab run` measures of the same operation: the guest's own are in it, those of an empty loop are not. */
uint64_t trace__path(const struct trace *trace);
/* Instructions in a function and what it calls, wherever it is called. */
uint64_t trace__total(const struct trace *trace, const char *function);

void trace__print_tree(const struct trace *trace, double min_percent, FILE *out);
void trace__print_folded(const struct trace *trace, FILE *out);
json_t *trace__to_json(const struct trace *trace);

#endif
