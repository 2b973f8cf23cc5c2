/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What plans are made from: cells and their keys. For cell.c, plan.c and plan_job.c; everybody
 * else needs plan.h.
 */
#ifndef HVBENCH_PLAN_BUILD_H
#define HVBENCH_PLAN_BUILD_H

#include "plan.h"

#define MAX_NAMES 160

/* A NULL-terminated list of names that a typo is compared with; what does not fit is left out. */
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

/* `section` is what the user called it; defaults everywhere else. */
void cell__init(struct cell *cell, const struct workload *w, const char *section);
/* Parameter i. -EINVAL with the values it may have; so do the others. */
int cell__set_param(struct cell *cell, int i, const char *text, struct error *err);
int cell__set_ring(struct cell *cell, const char *text, struct error *err);
int cell__set_backend(struct cell *cell, const char *text, struct error *err);
/* What the command line says of every cell, and the configuration's name: last, so it wins. */
int cell__apply_options(struct cell *cell, const struct plan_options *opts, struct error *err);
bool cell__measures_the_same(const struct cell *a, const struct cell *b);

/* Empties the plan. An error is the command line's own: opts are checked before anything else. */
int plan__begin(struct plan *plan, const char *name, const struct plan_options *opts,
		struct error *err);
/* Takes a copy. -EINVAL if the plan measures it already, -E2BIG. */
int plan__add_cell(struct plan *plan, const struct cell *cell, struct error *err);
/* Draws the seed if there is none. `ret` is how it went so far; the plan is freed on an error. */
int plan__end(struct plan *plan, int ret, struct error *err);

#endif
