/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One exit, instruction by instruction: QEMU logs the address of every instruction for a short
 * while, during which the guest does the same operation over and over; what runs between one guest
 * instruction and the next is an exit. Exits that are alike make the profile; those with a timer
 * tick in them are left out.
 *
 * Calls are inferred from addresses: to reach the first instruction of a function is a call, to
 * reach the middle of one that is on the stack is a return to it. A tail call shows as a call.
 */
#ifndef HVBENCH_LAB_TRACE_H
#define HVBENCH_LAB_TRACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/base/error.h"
#include "bench/base/symbols.h"

/* A function as called on one path. */
struct trace_node {
	const char *name;
	uint64_t self, total; /* instructions in one exit */
	uint64_t calls;
	const char *file; /* where it begins in the sources; NULL: not known */
	unsigned int line;
	struct trace_node *child, *next, *parent;
};

/*
 * A rep instruction of the exit. QEMU executes each repetition, and a last one that finds the count
 * at zero, as an instruction of its own, so the clock counts them all.
 */
struct trace_rep {
	uint64_t address;
	const char *function;
	uint64_t repetitions; /* in addition to the one instruction it is */
	unsigned int width;   /* bytes per repetition; 0: not known */
};

#define TRACE_MAX_REPS 16

/*
 * What the guest executes for an operation and the figure does not have: the two instructions of an
 * empty loop, and in QEMU, whose clock does not count it, the one that ends in an exit.
 */
#define TRACE_LOOP	 3
#define TRACE_LOOP_BOCHS 2

struct trace {
	struct trace_rep reps[TRACE_MAX_REPS];
	unsigned int nr_reps;
	uint64_t repetitions;	     /* of all rep instructions, even those there was no room
					 * for */
	struct trace_node *root;     /* of the typical exit; NULL: none was found */
	uint64_t instructions;	     /* in it, without the guest's own */
	uint64_t guest_instructions; /* the guest's, between two exits */
	unsigned int loop;	     /* of these not in the figure */
	uint64_t guest_address;	     /* the instruction that exits */
	unsigned int exits, alike;   /* complete exits seen; those as long as the typical one */
	uint64_t user_instructions;  /* in user space */
};

/*
 * Reads QEMU's log of executed translation blocks (-d exec, one instruction each). `user` is the
 * name for user-space code; "" looks its addresses up as well (the kernel of a PV dom0 is user
 * space). -ENODATA: no two exits in it.
 */
int trace__read(struct trace *trace, const char *log, const struct symbols *symbols,
		const char *user, struct error *err);
/*
 * The same for one exit, from the addresses of its instructions without the guest's. Addresses
 * below the kernel's half are user space. -ENOMEM.
 */
int trace__of_path(struct trace *trace, const uint64_t *path, size_t nr,
		   const struct symbols *symbols, const char *user, struct error *err);
void trace__free(struct trace *trace);
struct sources;
/* Finds where the functions of the tree begin in the sources, which have to outlive it. */
void trace__place(struct trace_node *node, const struct symbols *symbols, struct sources *sources);
/*
 * What `lab run` measures for the same operation: it includes the guest's own instructions, but not
 * those of an empty loop.
 */
uint64_t trace__path(const struct trace *trace);
/* Instructions in a function and in what it calls, wherever it is called. */
uint64_t trace__total(const struct trace *trace, const char *function);

/*
 * Each function, summed over all its calls: [{"name", "insn", "calls"}], most instructions first;
 * they add up to the exit's instructions. NULL: out of memory.
 */
json_t *trace__functions(const struct trace *trace);
/*
 * The calls for a result document: [{"function", "parent", "self", "calls"}], each after its
 * parent, which is an index into the list (null: the first). NULL: out of memory.
 */
json_t *trace__tree(const struct trace *trace);
/* [{"function", "repetitions", "bytes"}] */
json_t *trace__reps(const struct trace *trace);
/*
 * What a document's cells[].footprint holds, which has to outlive it. -ENODATA: its functions are
 * not known; -EBADMSG. Call trace__free() in either case.
 */
int trace__of_footprint(struct trace *trace, const json_t *footprint, struct error *err);
void trace__print_tree(const struct trace *trace, double min_percent, FILE *out);
json_t *trace__to_json(const struct trace *trace);

#endif
