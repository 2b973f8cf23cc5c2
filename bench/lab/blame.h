/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which function made which exit longer: the functions of an exit on two hosts side by side, from
 * two result documents of `lab run --footprint`. The functions' differences add up exactly to that
 * of the exit.
 *
 * Names are matched without what compilers append: .cold, .isra.N, .constprop.N, .part.N, .llvm.N,
 * .lto_priv.N. A function that is inlined on only one of the hosts appears as two.
 */
#ifndef HVBENCH_LAB_BLAME_H
#define HVBENCH_LAB_BLAME_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/error.h"

struct blame_function {
	char *name;
	int64_t base, new; /* instructions in one exit; 0: not called */
	int64_t calls_base, calls_new;
	char *file; /* where it begins in the new sources, else in the base; NULL: not known */
	int64_t line;
	int64_t every; /* the part of the difference that all exits of the comparison share */
};

struct blame_exit {
	char label[256];
	char *why;		     /* why its functions are not known; NULL: they are */
	int64_t base, new;	     /* instructions */
	const json_t *touched[2];    /* footprints, which belong to the documents */
	struct blame_function *list; /* largest difference first */
	size_t nr;
};

struct blame {
	struct blame_exit *exits; /* in the order of the base's cells */
	size_t nr;
	size_t known;		      /* exits whose functions are known */
	struct blame_function *every; /* base and new are 0, only `every` is set */
	size_t nr_every;
};

/* The name without what a compiler appended to it: written to `plain`, cut off at `len`. */
void blame__plain_name(const char *name, char *plain, size_t len);

/*
 * Takes the exits of both documents, which must outlive it. -ENOMEM. Call blame__free() in either
 * case.
 */
int blame__init(struct blame *blame, const json_t *base, const json_t *new, struct error *err);
void blame__free(struct blame *blame);

/*
 * {"functions": [{name, base, new, calls_base, calls_new, every_exit}], …}; NULL for no such exit.
 */
json_t *blame__to_json(const struct blame *blame, const char *label);
#endif
