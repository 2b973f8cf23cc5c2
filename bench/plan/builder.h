/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What -w lists and job files have in common when they become a plan: the command line's part, the
 * product of each matrix, and that nothing is measured twice.
 *
 *   builder__begin()      the options, checked before anything else
 *   builder__override()
 *   builder__add_cells()  both for each item or section, with what it says in a matrix
 *   builder__check()
 *   builder__end()        also after an error
 */
#ifndef HVBENCH_PLAN_BUILDER_H
#define HVBENCH_PLAN_BUILDER_H

#include "bench/plan/matrix.h"

#define MAX_MATRIX_OPTIONS 64

struct plan_builder {
	struct plan *plan;
	const struct plan_options *opts;
	struct exclusions exclusions;
	const struct exclusion *culprit; /* the exclude line that caused an error; NULL: none */
	uint64_t taken;			 /* bit i: the key of opts->matrix[i] exists in some cell */
};

/* Begins an empty plan. An error is the command line's fault. */
int builder__begin(struct plan_builder *builder, struct plan *plan, const char *name,
		   const struct plan_options *opts, struct error *err);
/*
 * Values that the command line gives for the cell replace those in the matrix. An error is the
 * command line's fault.
 */
int builder__override(struct plan_builder *builder, struct matrix *matrix, struct cell *cell,
		      struct error *err);
/*
 * Adds the product of the matrix on top of `base`. -EINVAL: two cells measure the same, or values
 * contradict each other; -E2BIG: too many cells.
 */
int builder__add_cells(struct plan_builder *builder, struct matrix *matrix, const struct cell *base,
		       struct error *err);
/*
 * Called when all cells have been added: was everything that the command line and exclude lines say
 * of use?
 */
int builder__check(struct plan_builder *builder, struct error *err);
/* Draws a seed if none was given. `ret` is the outcome so far; on an error the plan is freed. */
int builder__end(struct plan_builder *builder, int ret);

#endif
