// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans from job files: see job.h. What a key means depends on where it stands: in a section the
 * workload's parameters come first, so that `seed` under [chase] is the permutation's and in
 * [global] the run's. [global] applies to the whole file, wherever it stands in it; a parameter
 * there applies to those workloads that have it.
 */
#include "bench/plan/job.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/nearest.h"
#include "bench/base/units.h"
#include "bench/plan/builder.h"
#include "bench/plan/jobfile.h"

#define MAX_ROUNDS  10000
#define MIN_TIME_NS 100000000
#define MAX_TIME_NS (7ull * 24 * 3600 * 1000000000)

static const char *const run_keys[] = { "description", "rounds", "time", "seed", NULL };
static const char *const cell_keys[] = { "workload", "ring", "backend", JOBFILE_REPEATABLE, NULL };

struct planner {
	struct plan_builder builder;
	struct plan *plan;
	const struct jobfile *job;
	const struct job_section *global; /* may be NULL */
	const struct plan_options *opts;
	struct error *err;
};

static bool is_in(const char *const *list, const char *name)
{
	while (*list && strcmp(*list, name))
		list++;
	return *list;
}

static const struct job_key *find_key(const struct job_section *section, const char *name)
{
	for (size_t i = 0; i < section->nr_keys; i++) {
		if (!strcmp(section->keys[i].name, name))
			return &section->keys[i];
	}
	return NULL;
}

/* Sets a key of [global] that concerns the whole run, unless the command line has set it. */
static int set_run_key(struct planner *p, const struct job_key *key)
{
	struct plan *plan = p->plan;
	uint64_t number = 0;

	if (!strcmp(key->name, "description")) {
		snprintf(plan->what, sizeof(plan->what), "%s", key->value);
		return 0;
	}
	if (!strcmp(key->name, "time")) {
		if (units__parse_span_ns(key->value, &number) || number < MIN_TIME_NS ||
		    number > MAX_TIME_NS)
			return error__set(p->err, -EBADMSG,
					  "bad value '%.64s' for 'time': use seconds, or a "
					  "time such as 500ms or 5m, from 100ms to a week",
					  key->value);
		if (p->opts->time_s <= 0)
			plan->time_s = (double)number / 1e9;
		return 0;
	}
	if (!strcmp(key->name, "rounds")) {
		if (units__parse_count(key->value, &number) || !number || number > MAX_ROUNDS)
			return error__set(p->err, -EBADMSG,
					  "bad value '%.64s' for 'rounds': use 1..%d", key->value,
					  MAX_ROUNDS);
		/*
		 * A time given by the user replaces the job's rounds, unless the user gives rounds
		 * too.
		 */
		if (!p->opts->rounds) {
			plan->rounds = (unsigned int)number;
			plan->rounds_given = p->opts->time_s <= 0;
		}
		return 0;
	}
	if (units__parse_count(key->value, &number) || number > INT64_MAX)
		return error__set(p->err, -EBADMSG, "bad value '%.64s' for 'seed': use 0..%" PRId64,
				  key->value, INT64_MAX);
	if (!p->opts->seed_set) {
		plan->seed = number;
		plan->seed_set = true;
	}
	return 0;
}

static int unknown_key(const char *name, const struct names *names, const char *place,
		       struct error *err)
{
	char hint[NEAREST_ROOM], none[192];

	snprintf(none, sizeof(none),
		 " for %s: 'hvbench list' shows parameters and configuration keys", place);
	return error__set(err, -EBADMSG, "unknown key '%.64s'%s", name,
			  nearest__hint(hint, sizeof(hint), name, names->name, "", none));
}

/* Adds the place in the job to an error, unless the command line caused it. */
static int locate(struct planner *p, unsigned int line, int ret)
{
	const struct exclusion *culprit = p->builder.culprit;

	if (ret == -ENOMEM)
		return ret;
	if (culprit && !culprit->line)
		return error__prefix(p->err, "--exclude");
	return jobfile__locate(p->job, culprit ? culprit->line : line, p->err);
}

/* Looks for a misspelt workload= key, which explains an unknown workload better. */
static const struct job_key *misspelt_workload(const struct job_section *section)
{
	static const char *const names[] = { "workload", NULL };

	for (size_t i = 0; i < section->nr_keys; i++) {
		if (nearest__word(section->keys[i].name, names))
			return &section->keys[i];
	}
	return NULL;
}

static int find_workload(struct planner *p, const struct job_section *section,
			 const struct workload **w)
{
	const struct job_key *key = find_key(section, "workload");
	struct names names = { 0 };
	struct error why = { 0 };

	*w = plan__find_workload(key ? key->value : section->name, &why);
	if (*w)
		return 0;
	if (key) {
		error__set(p->err, -EBADMSG, "%s", why.text);
		return jobfile__locate(p->job, key->line, p->err);
	}
	key = misspelt_workload(section);
	if (key) {
		names__add_list(&names, cell_keys);
		unknown_key(key->name, &names, section->name, p->err);
		return jobfile__locate(p->job, key->line, p->err);
	}
	error__set(p->err, -EBADMSG, "%s (a section of any other name needs workload=NAME)",
		   why.text);
	return jobfile__locate(p->job, section->line, p->err);
}

static int unknown_cell_key(const struct cell *cell, const char *key, struct error *err)
{
	struct names names = { 0 };

	if (is_in(run_keys, key))
		return error__set(err, -EBADMSG, "'%s' is the whole run's: put it under [global]",
				  key);
	names__add_params(&names, cell->workload);
	names__add_list(&names, cell_keys);
	names__add_config(&names);
	return unknown_key(key, &names, cell->workload->name, err);
}

/* Whether a key of [global] applies to this cell. */
static bool is_for_cell(const struct cell *cell, const struct job_key *key)
{
	return !is_in(run_keys, key->name) && cell__takes(cell, key->name);
}

static int is_about_the_section(const char *key)
{
	return !strcmp(key, "workload") || !strcmp(key, JOBFILE_REPEATABLE);
}

/*
 * Fills in what [global] says about the cell, then what the section says; values are tried on
 * `cell`.
 */
static int fill_matrix(struct planner *p, const struct job_section *section, struct matrix *matrix,
		       struct cell *cell)
{
	const struct job_key *key;
	int ret;

	for (size_t i = 0; p->global && i < p->global->nr_keys; i++) {
		key = &p->global->keys[i];
		if (!is_for_cell(cell, key))
			continue;
		ret = matrix__set(matrix, cell, key->name, key->value, p->err);
		if (ret)
			return locate(p, key->line, ret);
	}
	for (size_t i = 0; i < section->nr_keys; i++) {
		key = &section->keys[i];
		if (is_about_the_section(key->name))
			continue;
		ret = matrix__set(matrix, cell, key->name, key->value, p->err);
		if (ret == -ENOENT)
			ret = unknown_cell_key(cell, key->name, p->err);
		if (ret)
			return locate(p, key->line, ret);
	}
	return 0;
}

static int add_section(struct planner *p, const struct job_section *section)
{
	struct matrix matrix = { 0 };
	const struct workload *w;
	struct cell cell, scratch;
	int ret;

	ret = find_workload(p, section, &w);
	if (ret)
		return ret;
	cell__init(&cell, w, section->name);
	scratch = cell;
	ret = fill_matrix(p, section, &matrix, &scratch);
	if (!ret)
		ret = builder__override(&p->builder, &matrix, &scratch, p->err);
	if (!ret) {
		ret = builder__add_cells(&p->builder, &matrix, &cell, p->err);
		if (ret)
			ret = locate(p, section->line, ret);
	}
	matrix__free(&matrix);
	return ret;
}

/* All of them before the first cell, since those in [global] apply to every section. */
static int add_exclusions(struct planner *p)
{
	for (size_t i = 0; i < p->job->nr_sections; i++) {
		const struct job_section *section = &p->job->sections[i];

		for (size_t k = 0; k < section->nr_keys; k++) {
			const struct job_key *key = &section->keys[k];
			int ret;

			if (strcmp(key->name, JOBFILE_REPEATABLE))
				continue;
			ret = exclusions__add(&p->builder.exclusions, key->value,
					      section == p->global ? NULL : section->name,
					      key->line, p->err);
			if (ret)
				return locate(p, key->line, ret);
		}
	}
	return 0;
}

/* In [global] too, an unknown key is an error, and so is one that applies to no workload here. */
static int check_global_key(struct planner *p, const struct job_key *key)
{
	struct names names = { 0 };
	bool is_param = false;

	if (!strcmp(key->name, "workload"))
		return error__set(p->err, -EBADMSG, "'workload' is one section's, not [global]'s");
	if (is_in(run_keys, key->name) || !strcmp(key->name, "backend") ||
	    !strcmp(key->name, JOBFILE_REPEATABLE) || is_config_key(key->name))
		return 0;
	for (size_t i = 0; i < p->plan->nr_cells; i++) {
		if (is_for_cell(&p->plan->cells[i], key))
			return 0;
	}
	for_each_workload(entry)
		is_param |= workload__find_param(*entry, key->name) >= 0;
	if (is_param || !strcmp(key->name, "ring"))
		return error__set(p->err, -EBADMSG, "no workload of this job takes '%s'",
				  key->name);
	names__add_list(&names, run_keys);
	names__add_list(&names, cell_keys);
	names__add_config(&names);
	for (size_t i = 0; i < p->plan->nr_cells; i++)
		names__add_params(&names, p->plan->cells[i].workload);
	return unknown_key(key->name, &names, "[global]", p->err);
}

static int take_global(struct planner *p)
{
	for (size_t i = 0; p->global && i < p->global->nr_keys; i++) {
		const struct job_key *key = &p->global->keys[i];

		if (check_global_key(p, key) || (is_in(run_keys, key->name) && set_run_key(p, key)))
			return jobfile__locate(p->job, key->line, p->err);
	}
	return 0;
}

static int add_sections(struct planner *p)
{
	int ret;

	for (size_t i = 0; i < p->job->nr_sections; i++) {
		if (!strcmp(p->job->sections[i].name, "global"))
			p->global = &p->job->sections[i];
	}
	ret = add_exclusions(p);
	if (ret)
		return ret;
	for (size_t i = 0; i < p->job->nr_sections; i++) {
		if (&p->job->sections[i] == p->global)
			continue;
		ret = add_section(p, &p->job->sections[i]);
		if (ret)
			return ret;
	}
	if (p->job->nr_sections == (p->global != NULL))
		return error__set(p->err, -EBADMSG,
				  "%s: the job is empty: add a section such as [pio-user]",
				  p->job->name);
	/* Only the cells show which keys of [global] are of use. */
	ret = p->plan->nr_cells ? take_global(p) : 0;
	if (ret)
		return ret;
	ret = builder__check(&p->builder, p->err);
	return ret && p->builder.culprit ? locate(p, 0, ret) : ret;
}

/* Takes over the job. The plan of "dir/quick.ini" is called quick. */
static int plan__from_jobfile(struct plan *plan, struct jobfile *job,
			      const struct plan_options *opts, struct error *err)
{
	struct planner planner = { .plan = plan, .job = job, .opts = opts, .err = err };
	const char *slash = strrchr(job->name, '/'), *base = slash ? slash + 1 : job->name;
	size_t len = strlen(base);
	char name[sizeof(plan->name)];
	int ret;

	if (len > 4 && !strcmp(base + len - 4, ".ini"))
		len -= 4;
	snprintf(name, sizeof(name), "%.*s", (int)len, base);
	ret = builder__begin(&planner.builder, plan, name, opts, err);
	if (!ret)
		ret = add_sections(&planner);
	ret = builder__end(&planner.builder, ret);
	jobfile__free(job);
	return ret;
}

int plan__from_text(struct plan *plan, const char *name, const char *text,
		    const struct plan_options *opts, struct error *err)
{
	struct jobfile job;
	int ret;

	ret = jobfile__parse(&job, name, text, strlen(text), err);
	return ret ? ret : plan__from_jobfile(plan, &job, opts, err);
}

/* -EBADMSG: the file's content is wrong; other errors: it could not be read. */
static int from_file(struct plan *plan, const char *path, const struct plan_options *opts,
		     struct error *err)
{
	struct jobfile job;
	int ret;

	ret = jobfile__read(&job, path, err);
	return ret ? ret : plan__from_jobfile(plan, &job, opts, err);
}

static int unknown_job(const char *name, struct error *err)
{
	struct names names = { 0 };
	char all[256] = "; shipped are ", hint[NEAREST_ROOM];
	size_t used = strlen(all);

	for (const struct embedded_job *job = embedded_jobs; job->name; job++) {
		names__add(&names, job->name);
		if (used < sizeof(all))
			used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
						 names.nr > 1 ? ", " : "", job->name);
	}
	return error__set(err, -ENOENT, "no job '%.64s', neither shipped nor a file%s", name,
			  nearest__hint(hint, sizeof(hint), name, names.name, "", all));
}

int plan__from_job(struct plan *plan, const char *name, const struct plan_options *opts,
		   struct error *err)
{
	char file[80];
	int ret;

	for (const struct embedded_job *job = embedded_jobs; job->name; job++) {
		if (strcmp(job->name, name))
			continue;
		snprintf(file, sizeof(file), "%s.ini", name);
		return plan__from_text(plan, file, job->text, opts, err);
	}
	ret = from_file(plan, name, opts, err);
	return ret == -ENOENT && !strchr(name, '/') ? unknown_job(name, err) : ret;
}
