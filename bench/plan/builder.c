// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/plan/builder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "bench/base/clock.h"
#include "bench/base/nearest.h"
#include "bench/base/units.h"

#define MAX_CELLS 4096

/* The length of the key in "KEY=VALUE"; 0: there is no '='. */
static size_t key_length(const char *pair)
{
	const char *equals = strchr(pair, '=');

	return equals ? (size_t)(equals - pair) : 0;
}

static bool is_pair_of(const char *pair, const char *key, size_t len)
{
	return key_length(pair) == len && !memcmp(pair, key, len);
}

static int check_config_pairs(const struct plan_options *opts, struct error *err)
{
	struct config config;

	config__init(&config);
	for (const char *const *pair = opts->config_pairs; pair && *pair; pair++) {
		int ret = config__set_pair(&config, *pair, err);

		if (ret && key_length(*pair) && strchr(*pair, ','))
			error__prefix(err, "--config takes one value, --matrix several");
		if (ret)
			return ret;
	}
	return 0;
}

static int unknown_key(const char *key, struct error *err)
{
	static const char *const own[] = { "ring", "backend", NULL };
	struct names names = { 0 };
	char hint[NEAREST_ROOM];

	names__add_list(&names, own);
	names__add_config(&names);
	for_each_workload(entry)
		names__add_params(&names, *entry);
	return error__set(
		err, -ENOENT, "--matrix: unknown key '%.64s'%s", key,
		nearest__hint(hint, sizeof(hint), key, names.name, "",
			      ": 'hvbench list' shows parameters and configuration keys"));
}

static int check_matrix_key(const char *key, struct error *err)
{
	static const char *const run_keys[] = { "rounds", "time", NULL };
	static const struct workload none = { .name = "" };
	struct cell cell;

	cell__init(&cell, &none, "");
	if (cell__takes(&cell, key) || !strcmp(key, "ring"))
		return 0;
	for_each_workload(entry) {
		if (workload__find_param(*entry, key) >= 0)
			return 0;
	}
	for (const char *const *name = run_keys; *name; name++) {
		if (!strcmp(*name, key))
			return error__set(err, -EINVAL,
					  "--matrix: '%s' is the whole run's: give it as --%s", key,
					  key);
	}
	return unknown_key(key, err);
}

static int check_matrix_pair(const struct plan_options *opts, size_t i, struct error *err)
{
	const char *pair = opts->matrix[i];
	size_t len = key_length(pair);
	char key[64];

	if (!len || !pair[len + 1])
		return error__set(err, -EINVAL,
				  "--matrix '%.64s' is not KEY=VALUE,VALUE…, such as pages=4k,thp",
				  pair);
	snprintf(key, sizeof(key), "%.*s", (int)(len < 63 ? len : 63), pair);
	for (size_t k = 0; k < i; k++) {
		if (is_pair_of(opts->matrix[k], pair, len))
			return error__set(err, -EINVAL, "--matrix: '%s' is given twice", key);
	}
	for (const char *const *other = opts->config_pairs; other && *other; other++) {
		if (is_pair_of(*other, pair, len))
			return error__set(
				err, -EINVAL,
				"'%s' is given by --config and by --matrix: leave one out", key);
	}
	if (opts->backend && !strcmp(key, "backend"))
		return error__set(
			err, -EINVAL,
			"the backend is given by --backend and by --matrix: leave one out");
	return check_matrix_key(key, err);
}

/* Checks the options by themselves, so that their mistakes are not blamed on the job. */
static int check_options(struct plan_builder *b, struct error *err)
{
	static const struct workload none = { .name = "" };
	const struct plan_options *opts = b->opts;
	struct cell cell;
	int ret = 0;

	cell__init(&cell, &none, "");
	if (opts->backend)
		ret = cell__set_backend(&cell, opts->backend, err);
	if (!ret)
		ret = check_config_pairs(opts, err);
	for (size_t i = 0; !ret && opts->matrix && opts->matrix[i]; i++) {
		if (i == MAX_MATRIX_OPTIONS)
			return error__set(err, -EINVAL, "more than %d --matrix",
					  MAX_MATRIX_OPTIONS);
		ret = check_matrix_pair(opts, i, err);
	}
	for (size_t i = 0; !ret && opts->excludes && opts->excludes[i]; i++) {
		ret = exclusions__add(&b->exclusions, opts->excludes[i], NULL, 0, err);
		if (ret)
			error__prefix(err, "--exclude");
	}
	return ret;
}

int builder__begin(struct plan_builder *builder, struct plan *plan, const char *name,
		   const struct plan_options *opts, struct error *err)
{
	*builder = (struct plan_builder){ .plan = plan, .opts = opts };
	*plan = (struct plan){
		.rounds = opts->rounds ? opts->rounds : PLAN_DEFAULT_ROUNDS,
		.rounds_given = opts->rounds != 0,
		.time_s = opts->time_s,
		.seed = opts->seed,
		.seed_set = opts->seed_set,
	};
	snprintf(plan->name, sizeof(plan->name), "%s", name);
	return check_options(builder, err);
}

int builder__override(struct plan_builder *b, struct matrix *matrix, struct cell *cell,
		      struct error *err)
{
	const struct plan_options *opts = b->opts;
	char key[64];
	int ret = 0;

	if (opts->backend)
		ret = matrix__set(matrix, cell, "backend", opts->backend, err);
	for (const char *const *pair = opts->config_pairs; !ret && pair && *pair; pair++) {
		snprintf(key, sizeof(key), "%.*s", (int)key_length(*pair), *pair);
		ret = matrix__set(matrix, cell, key, *pair + key_length(*pair) + 1, err);
	}
	for (size_t i = 0; !ret && opts->matrix && opts->matrix[i]; i++) {
		const char *pair = opts->matrix[i];

		snprintf(key, sizeof(key), "%.*s", (int)key_length(pair), pair);
		if (!cell__takes(cell, key))
			continue;
		b->taken |= 1ull << i;
		ret = matrix__set(matrix, cell, key, pair + key_length(pair) + 1, err);
		if (ret)
			error__prefix(err, "--matrix");
	}
	return ret;
}

/* Results are identified by what they measured, so nothing may be measured under two names. */
static int add_cell(struct plan *plan, const struct cell *cell, struct error *err)
{
	size_t nr = plan->nr_cells;
	struct cell *cells;

	for (size_t i = 0; i < nr; i++) {
		if (cell__measures_the_same(&plan->cells[i], cell))
			return error__set(err, -EEXIST,
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

static bool overrides(const struct plan_options *opts)
{
	return opts->backend || (opts->config_pairs && opts->config_pairs[0]) ||
	       (opts->matrix && opts->matrix[0]);
}

static int add_combination(struct plan_builder *b, const struct matrix *matrix,
			   const struct cell *base, struct error *err)
{
	struct cell cell = *base;
	bool dropped;
	int ret;

	ret = matrix__apply(matrix, &cell, err);
	if (ret)
		return ret;
	if (exclusions__match(&b->exclusions, &cell, &dropped, &b->culprit, err))
		return -EINVAL;
	if (dropped) {
		b->plan->nr_excluded++;
		return 0;
	}
	ret = config__check(&cell.config, err);
	if (ret)
		return ret;
	ret = add_cell(b->plan, &cell, err);
	if (ret != -EEXIST)
		return ret;
	/*
	 * The job could not know what the command line would say, so this is not an error of the
	 * job's.
	 */
	if (overrides(b->opts)) {
		b->plan->nr_same++;
		return 0;
	}
	return err->code = -EINVAL;
}

int builder__add_cells(struct plan_builder *builder, struct matrix *matrix, const struct cell *base,
		       struct error *err)
{
	char factors[256];
	int ret;

	if (matrix__count(matrix) > MATRIX_MAX_COMBINATIONS)
		return error__set(
			err, -E2BIG,
			"'%s' has more than %d combinations (%s): leave values out, or make "
			"several runs of it",
			base->section, MATRIX_MAX_COMBINATIONS,
			matrix__describe(matrix, factors, sizeof(factors)));
	do {
		ret = add_combination(builder, matrix, base, err);
	} while (!ret && matrix__next(matrix));
	if (ret == -E2BIG && matrix__count(matrix) > 1)
		error__set(err, ret,
			   "more than %d cells in one run: '%s' alone has %zu combinations (%s); "
			   "leave "
			   "values out, exclude some, or make several runs of it",
			   MAX_CELLS, base->section, matrix__count(matrix),
			   matrix__describe(matrix, factors, sizeof(factors)));
	return ret;
}

int builder__check(struct plan_builder *builder, struct error *err)
{
	const struct plan_options *opts = builder->opts;

	for (size_t i = 0; opts->matrix && opts->matrix[i]; i++) {
		if (!(builder->taken & 1ull << i))
			return error__set(err, -EINVAL, "--matrix: no workload here takes '%.*s'",
					  (int)key_length(opts->matrix[i]), opts->matrix[i]);
	}
	if (exclusions__check(&builder->exclusions, !overrides(opts), &builder->culprit, err))
		return -EINVAL;
	if (!builder->plan->nr_cells)
		return error__set(err, -EINVAL,
				  "nothing is left to measure: every combination is excluded");
	return 0;
}

/* Any number that differs from run to run: if there are no random numbers, the time. */
static uint64_t draw_seed(void)
{
	uint32_t drawn;

	if (getrandom(&drawn, sizeof(drawn), GRND_NONBLOCK) != (ssize_t)sizeof(drawn))
		drawn = (uint32_t)clock__ns();
	/* 32 bits give enough orders, are short to type, and are exact in every reader of JSON. */
	return drawn;
}

int builder__end(struct plan_builder *builder, int ret)
{
	struct plan *plan = builder->plan;

	exclusions__free(&builder->exclusions);
	if (!ret && !plan->seed_set)
		plan->seed = draw_seed();
	if (ret)
		plan__free(plan);
	return ret;
}
