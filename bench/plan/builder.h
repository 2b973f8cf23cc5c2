/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What -w lists and job files have in common on their way to a plan: the command line's part, the
 * product of each matrix, and that nothing is measured twice.
 *
 *	builder__begin()	the options, checked before anything else
 *	builder__override()
 *	builder__add_cells()	both for each item or section, with what it says in a matrix
 *	builder__check()
 *	builder__end()		also after an error
 */
#ifndef HVBENCH_PLAN_BUILDER_H
#define HVBENCH_PLAN_BUILDER_H

#include "bench/plan/matrix.h"

#define MAX_MATRIX_OPTIONS 64

struct plan_builder {
	struct plan *plan;
	const struct plan_options *opts;
	struct exclusions exclusions;
	const struct exclusion *culprit; /* the exclude line an error is about, NULL: none */
	uint64_t taken; /* bit i: some cell has the key of opts->matrix[i] */
};

/* Empties the plan. An error is the command line's own. */
int builder__begin(struct plan_builder *builder, struct plan *plan, const char *name,
		   const struct plan_options *opts, struct error *err);
/*
 * What the command line says of the cell replaces what the matrix has of it. An error is the command
 * line's own.
 */
int builder__override(struct plan_builder *builder, struct matrix *matrix, struct cell *cell,
		      struct error *err);
/*
 * The product of the matrix on top of `base`. -EINVAL: two cells measure the same, or the values do not
 * go together; -E2BIG: too many of them.
 */
int builder__add_cells(struct plan_builder *builder, struct matrix *matrix, const struct cell *base,
		       struct error *err);
/* When all cells are there: was everything of use that the command line and exclude lines say? */
int builder__check(struct plan_builder *builder, struct error *err);
/* Draws the seed if there is none. `ret` is how it went so far; the plan is freed on an error. */
int builder__end(struct plan_builder *builder, int ret);

#endif
