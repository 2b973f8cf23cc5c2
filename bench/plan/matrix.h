/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Matrices: what a cell is set to, key by key, where a key may have several values; the cells are
 * their product, less the combinations that are excluded.
 *
 * The values of a list are separated by commas, blanks around them do not count. Keys whose values
 * have commas themselves (config_key.has_commas: pin) separate theirs by blanks: "pin = none 0-3,7".
 */
#ifndef HVBENCH_MATRIX_H
#define HVBENCH_MATRIX_H

#include "bench/plan/cell.h"

/* More combinations than this are not even looked at, however many of them are excluded. */
#define MATRIX_MAX_COMBINATIONS 65536

struct values {
	char **value;
	size_t nr;
};

/* -EINVAL: nothing between two commas; -ENOMEM. After an error there is nothing to free. */
int values__split(struct values *values, const char *key, const char *text, struct error *err);
void values__free(struct values *values);

struct setting {
	char *key;
	struct values values;
	size_t at; /* the one of the current combination */
};

struct matrix {
	struct setting *settings;
	size_t nr;
};

/*
 * Replaces what was said of the key before. Every value is tried on `cell`, which may have any of them
 * afterwards: -EINVAL names the one that is wrong, or is there twice; -ENOENT: the cell has no such key,
 * and no message is written.
 */
int matrix__set(struct matrix *matrix, struct cell *cell, const char *key, const char *text,
		struct error *err);
/* SIZE_MAX if it does not fit. */
size_t matrix__count(const struct matrix *matrix);
/* Sets the cell to the current combination and names its configuration. */
int matrix__apply(const struct matrix *matrix, struct cell *cell, struct error *err);
/* To the next combination, the last key fastest; false after the last one. */
bool matrix__next(struct matrix *matrix);
/* "pages(3) × irqchip(2)": the keys with several values. */
char *matrix__describe(const struct matrix *matrix, char *buf, size_t len);
void matrix__free(struct matrix *matrix);

/* "KEY=VALUES KEY=VALUES…": a cell is left out if each of its keys has one of the values given. */
struct exclusion {
	const char *section; /* the only one it is about, NULL: all; the caller keeps it */
	unsigned int line; /* of the job file; 0: the command line's */
	struct exclusion_pair {
		char *key;
		struct values values;
		bool known; /* some cell has the key */
	} * pairs;
	size_t nr;
	size_t dropped; /* cells */
};

struct exclusions {
	struct exclusion *list;
	size_t nr;
};

/* -EINVAL, -ENOMEM. */
int exclusions__add(struct exclusions *exclusions, const char *text, const char *section,
		    unsigned int line, struct error *err);
/*
 * Whether one of them drops the cell. -EINVAL: a value that the key cannot have; *culprit has it. A
 * cell that does not have the key is not dropped.
 */
int exclusions__match(struct exclusions *exclusions, const struct cell *cell, bool *drops,
		      const struct exclusion **culprit, struct error *err);
/*
 * When all cells have been seen. -EINVAL: a key that no cell had or, if `strict`, one that dropped
 * nothing.
 */
int exclusions__check(const struct exclusions *exclusions, bool strict,
		      const struct exclusion **culprit, struct error *err);
void exclusions__free(struct exclusions *exclusions);

#endif
