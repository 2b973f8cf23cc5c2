/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What plans are made of: cells and their keys. For cell.c, list.c and job.c; all others need
 * plan.h only.
 */
#ifndef HVBENCH_PLAN_CELL_H
#define HVBENCH_PLAN_CELL_H

#include "bench/plan/plan.h"

#define MAX_NAMES 160

/*
 * A NULL-terminated list of names to compare a misspelt one with; names that do not fit are left
 * out.
 */
struct names {
	const char *name[MAX_NAMES + 1];
	size_t nr;
};

void names__add(struct names *names, const char *name);
void names__add_list(struct names *names, const char *const *list);
void names__add_config(struct names *names);
void names__add_params(struct names *names, const struct workload *w);

bool is_config_key(const char *name);
/* Index of the parameter, -1 if the workload has none of that name. */
int workload__find_param(const struct workload *w, const char *name);

/* `section` is the user's name for it; everything else gets its default. */
void cell__init(struct cell *cell, const struct workload *w, const char *section);
/* Sets parameter i. -EINVAL with the values it may have; the same for the next ones. */
int cell__set_param(struct cell *cell, int i, const char *text, struct error *err);
int cell__set_ring(struct cell *cell, const char *text, struct error *err);
int cell__set_backend(struct cell *cell, const char *text, struct error *err);
/* For any key by name: a parameter of the workload, else ring, backend or a configuration key. */
bool cell__takes(const struct cell *cell, const char *key);
/* -ENOENT without a message: there is no such key. */
int cell__set(struct cell *cell, const char *key, const char *value, struct error *err);
/* The value in its shortest form, so that equal values give equal texts. */
char *cell__get(const struct cell *cell, const char *key, char *buf, size_t len);
bool cell__measures_the_same(const struct cell *a, const struct cell *b);

#endif
