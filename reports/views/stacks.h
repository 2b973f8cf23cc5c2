/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls of exits as one tree, of one host or of two side by side, read from a document of
 * `hvbench lab trace` (lab-trace or lab-blame of bench/result/). What flame graphs and profiles are
 * made of.
 */
#ifndef HVBENCH_STACKS_H
#define HVBENCH_STACKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct stack_frame {
	const char *name;
	const char *file; /* where it begins in the sources; "" */
	int64_t line;
	/* [0]: of the base, [1]: of the new host; of one host [1] alone */
	int64_t self[2], total[2], calls[2];
	/* Instructions that it is drawn as wide as: of both hosts whichever has more, summed up. */
	int64_t width;
	struct stack_frame *child, *next, *parent;
};

struct stacks {
	bool two;	      /* of two hosts */
	unsigned int depth;   /* frames above each other */
	const char *lane;     /* these may be text of any origin, and belong to the document */
	const char *names[2]; /* of the hosts, as self[] has them */
	const char *what;     /* the workload; "" if it is several */
	struct stack_frame *root;
};

/* Reads a document, which has to outlive it. -EBADMSG. Call stacks__free() in either case. */
int stacks__read(struct stacks *stacks, const json_t *doc);
void stacks__free(struct stacks *stacks);

/*
 * Writes "a;b;c" from the outermost frame to this one, in which no name has a semicolon or a
 * blank at its end that could be mistaken.
 */
void stacks__put_folded(const struct stack_frame *frame, FILE *out);
/* Calls `put` for each frame, callers first. */
void stacks__each(const struct stacks *stacks,
		  void (*put)(const struct stack_frame *frame, void *arg), void *arg);

#endif
