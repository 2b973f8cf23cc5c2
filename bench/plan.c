// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans: see plan.h. Here are those of the command line and what all share; plan_job.c makes those
 * of job files.
 */
#include "plan_build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/units.h"

#define MAX_CELLS 4096

/* Reports the command line's own mistakes as such, whatever the job says. */
static int check_options(const struct plan_options *opts, struct error *err)
{
	static const struct workload none = { .name = "" };
	struct cell cell;

	cell__init(&cell, &none, "");
	return cell__apply_options(&cell, opts, err);
}

/* Results are told apart by what they measured, so nothing may be measured under two names. */
int plan__add_cell(struct plan *plan, const struct cell *cell, struct error *err)
{
	size_t nr = plan->nr_cells;
	struct cell *cells;

	for (size_t i = 0; i < nr; i++) {
		if (cell__measures_the_same(&plan->cells[i], cell))
			return error__set(err, -EINVAL,
					  "'%s' measures the same as '%s' (%s on %s, configuration "
					  "%s): leave one out",
					  cell->section, plan->cells[i].section,
					  cell->workload->name, cell->backend, cell->config.name);
	}
	if (nr == MAX_CELLS)
		return error__set(err, -E2BIG, "more than %d cells in one run", MAX_CELLS);
	if (!(nr & (nr - 1))) {
		cells = reallocarray(plan->cells, nr ? 2 * nr : 1, sizeof(*cells));
		if (!cells)
			return error__set(err, -ENOMEM, "no memory for more than %zu cells", nr);
		plan->cells = cells;
	}
	plan->cells[plan->nr_cells++] = *cell;
	return 0;
}

static int draw_seed(uint64_t *seed, struct error *err)
{
	uint32_t drawn;

	if (getrandom(&drawn, sizeof(drawn), 0) != (ssize_t)sizeof(drawn))
		return error__set(err, -EIO,
				  "no random numbers for the seed (getrandom: %s): give one with "
				  "--seed",
				  strerror(errno));
	/* 32 bits are enough orders, short to type, and exact in every reader of JSON. */
	*seed = drawn;
	return 0;
}

int plan__begin(struct plan *plan, const char *name, const struct plan_options *opts,
		struct error *err)
{
	*plan = (struct plan){
		.rounds = opts->rounds ? opts->rounds : PLAN_DEFAULT_ROUNDS,
		.time_s = opts->time_s,
		.seed = opts->seed,
		.seed_set = opts->seed_set,
	};
	snprintf(plan->name, sizeof(plan->name), "%s", name);
	return check_options(opts, err);
}

int plan__end(struct plan *plan, int ret, struct error *err)
{
	if (!ret && !plan->seed_set)
		ret = draw_seed(&plan->seed, err);
	if (ret)
		plan__free(plan);
	return ret;
}

void plan__free(struct plan *plan)
{
	free(plan->cells);
	*plan = (struct plan){ 0 };
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\n");
	len = strlen(text);
	while (len && strchr(" \t\n", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static int unknown_param(const struct workload *w, const char *name, struct error *err)
{
	struct names names = { 0 };
	const char *nearest;
	char all[256] = "";
	size_t used = 0;

	if (is_config_key(name))
		return error__set(err, -ENOENT,
				  "'%s' is no parameter of %s: give it as --config %s=VALUE", name,
				  w->name, name);
	if (!strcmp(name, "backend"))
		return error__set(err, -ENOENT,
				  "'backend' is no parameter of %s: give it as --backend NAME",
				  w->name);
	names__add_params(&names, w);
	if (w->ring_choice)
		names__add(&names, "ring");
	nearest = units__nearest(name, names.name);
	if (nearest)
		return error__set(err, -ENOENT, "%s has no parameter '%.64s': did you mean '%s'?",
				  w->name, name, nearest);
	if (!names.nr)
		return error__set(err, -ENOENT, "'%.64s': %s takes no parameters", name, w->name);
	for (size_t i = 0; i < names.nr && used < sizeof(all); i++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "",
					 names.name[i]);
	return error__set(err, -ENOENT, "%s has no parameter '%.64s': it takes %s", w->name, name,
			  all);
}

/* PARAM=VALUE of a -w item. */
static int set_pair(struct cell *cell, char *pair, unsigned int *seen, struct error *err)
{
	char *value = strchr(pair, '=');
	unsigned int bit;
	int i;

	if (!value || value == pair)
		return error__set(err, -EINVAL, "'%.64s' after %s is not PARAM=VALUE", pair,
				  cell->workload->name);
	*value++ = '\0';
	i = workload__find_param(cell->workload, pair);
	if (i < 0 && strcmp(pair, "ring"))
		return unknown_param(cell->workload, pair, err);
	bit = 1u << (i < 0 ? HV_MAX_PARAMS : i);
	if (*seen & bit)
		return error__set(err, -EINVAL, "'%s' of %s is given twice", pair,
				  cell->workload->name);
	*seen |= bit;
	return i < 0 ? cell__set_ring(cell, value, err) : cell__set_param(cell, i, value, err);
}

static int add_item(struct plan *plan, char *item, const struct plan_options *opts,
		    struct error *err)
{
	const struct workload *w;
	unsigned int seen = 0;
	struct cell cell;
	char label[sizeof(cell.section)], *pair;
	int ret = 0;

	snprintf(label, sizeof(label), "%s", item);
	pair = strchr(item, ':');
	if (pair)
		*pair++ = '\0';
	w = plan__find_workload(item, err);
	if (!w)
		return -ENOENT;
	cell__init(&cell, w, label);
	while (pair && !ret) {
		char *next = strchr(pair, ':');

		if (next)
			*next++ = '\0';
		ret = set_pair(&cell, pair, &seen, err);
		pair = next;
	}
	if (!ret)
		ret = cell__apply_options(&cell, opts, err);
	return ret ? ret : plan__add_cell(plan, &cell, err);
}

int plan__from_list(struct plan *plan, const char *list, const struct plan_options *opts,
		    struct error *err)
{
	char *copy = NULL, *item, *next;
	int ret;

	ret = plan__begin(plan, "command line", opts, err);
	if (ret)
		goto out;
	copy = strdup(list);
	if (!copy) {
		ret = error__set(err, -ENOMEM, "no memory for the list of workloads");
		goto out;
	}
	for (item = copy; item && !ret; item = next) {
		next = strchr(item, ',');
		if (next)
			*next++ = '\0';
		item = trim(item);
		ret = item[0] ? add_item(plan, item, opts, err) :
				error__set(err, -EINVAL,
					   "'%.64s' names no workload between its commas: write "
					   "NAME[:PARAM=VALUE…][,NAME…]",
					   list);
	}
	if (ret)
		error__prefix(err, "-w");
out:
	free(copy);
	return plan__end(plan, ret, err);
}
