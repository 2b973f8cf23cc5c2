/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Matrices: the keys that are set for a cell, each with one or several values; the cells are the
 * product of the values, without the combinations that are excluded.
 *
 * The values of a list are separated by commas; blanks around them do not count. Keys whose values
 * contain commas (config_key.has_commas: pin) separate theirs by blanks: "pin = none 0-3,7".
 */
#ifndef HVBENCH_MATRIX_H
#define HVBENCH_MATRIX_H

#include "bench/plan/cell.h"

/* With more combinations than this the matrix is refused, even if most of them are excluded. */
#define MATRIX_MAX_COMBINATIONS 65536

struct values {
	char **value;
	size_t nr;
};

/* -EINVAL: an empty value between commas; -ENOMEM. After an error there is nothing to free. */
int values__split(struct values *values, const char *key, const char *text, struct error *err);
void values__free(struct values *values);

struct setting {
	char *key;
	struct values values;
	size_t at; /* the value in the current combination */
};

struct matrix {
	struct setting *settings;
	size_t nr;
};

/*
 * Replaces the key's earlier values. Tries every value on `cell`, which has one of them afterwards.
 * -EINVAL names the value that is wrong or given twice; -ENOENT, without a message: the cell has no
 * such key.
 */
int matrix__set(struct matrix *matrix, struct cell *cell, const char *key, const char *text,
		struct error *err);
/* SIZE_MAX if the number does not fit. */
size_t matrix__count(const struct matrix *matrix);
/* Sets the cell to the current combination and names its configuration. */
int matrix__apply(const struct matrix *matrix, struct cell *cell, struct error *err);
/* Goes to the next combination, the last key changing fastest; false after the last one. */
bool matrix__next(struct matrix *matrix);
/* "pages(3) × irqchip(2)": the keys with several values. */
char *matrix__describe(const struct matrix *matrix, char *buf, size_t len);
void matrix__free(struct matrix *matrix);

/* "KEY=VALUES KEY=VALUES…": leaves out cells in which each of these keys has one of its values. */
struct exclusion {
	const char *section; /* the only section it applies to; NULL: all. Belongs to the caller */
	unsigned int line;   /* in the job file; 0: from the command line */
	struct exclusion_pair {
		char *key;
		struct values values;
		bool known; /* some cell has the key */
	} * pairs;
	size_t nr;
	size_t dropped; /* cells left out */
};

struct exclusions {
	struct exclusion *list;
	size_t nr;
};

/* -EINVAL, -ENOMEM. */
int exclusions__add(struct exclusions *exclusions, const char *text, const char *section,
		    unsigned int line, struct error *err);
/*
 * Whether one of them drops the cell. -EINVAL: a value that the key cannot have; *culprit is the
 * exclusion. A cell without one of the keys is not dropped.
 */
int exclusions__match(struct exclusions *exclusions, const struct cell *cell, bool *drops,
		      const struct exclusion **culprit, struct error *err);
/*
 * Called when all cells have been seen. -EINVAL: a key that no cell had or, if `strict`, an
 * exclusion that dropped no cell.
 */
int exclusions__check(const struct exclusions *exclusions, bool strict,
		      const struct exclusion **culprit, struct error *err);
void exclusions__free(struct exclusions *exclusions);

#endif
