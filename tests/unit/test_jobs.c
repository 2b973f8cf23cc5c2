// SPDX-License-Identifier: GPL-2.0-or-later
/* The shipped jobs can be planned, and the table of workloads leaves no key with two meanings. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "backends/backend.h"
#include "plan.h"

static const struct plan_options no_options;

static void load(struct plan *plan, const char *name)
{
	struct error err = { 0 };

	if (plan__from_job(plan, name, &no_options, &err))
		fail_msg("%s", err.text);
}

static void every_shipped_job_is_planned_and_described(void **state)
{
	int jobs = 0;

	(void)state;
	for (const struct embedded_job *job = embedded_jobs; job->name; job++, jobs++) {
		struct plan plan;

		load(&plan, job->name);
		assert_string_equal(plan.name, job->name);
		assert_true(strlen(plan.what) > 20);
		assert_true(plan.nr_cells > 1);
		plan__free(&plan);
	}
	assert_true(jobs >= 5);
}

static bool has_workload(const struct plan *plan, const struct workload *w)
{
	for (size_t i = 0; i < plan->nr_cells; i++) {
		if (plan->cells[i].workload == w)
			return true;
	}
	return false;
}

static void jobs_leave_out_no_workload_of_their_group(void **state)
{
	static const struct {
		const char *job;
		enum workload_group group;
	} groups[] = {
		{ "exits", GROUP_EXIT },
		{ "memory", GROUP_MEMORY },
		{ "scheduling", GROUP_SCHED },
		{ "lifecycle", GROUP_LIFECYCLE },
	};
	struct plan quick, plan;

	(void)state;
	load(&quick, "quick");
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		load(&plan, groups[i].job);
		for_each_workload(entry) {
			const struct workload *w = *entry;

			if (w->group != groups[i].group)
				continue;
			if (!has_workload(&plan, w) || !has_workload(&quick, w))
				fail_msg("%s is missing in quick or %s", w->name, groups[i].job);
		}
		for (size_t c = 0; c < plan.nr_cells; c++)
			assert_int_equal(plan.cells[c].workload->group, groups[i].group);
		plan__free(&plan);
	}
	plan__free(&quick);
}

static bool has_twin(const struct plan *plan, const struct cell *cell, const char *backend)
{
	for (size_t i = 0; i < plan->nr_cells; i++) {
		const struct cell *other = &plan->cells[i];

		if (other->workload == cell->workload && !strcmp(other->backend, backend) &&
		    !memcmp(other->params, cell->params, sizeof(cell->params)))
			return true;
	}
	return false;
}

static void the_job_backends_puts_the_same_cells_on_all_of_them(void **state)
{
	struct plan plan;

	(void)state;
	load(&plan, "backends");
	for (size_t i = 0; i < plan.nr_cells; i++) {
		const struct cell *cell = &plan.cells[i];

		assert_non_null(backend__find(cell->backend));
		assert_true(has_twin(&plan, cell, "kvm"));
		assert_true(has_twin(&plan, cell, "qemu-kvm"));
		assert_true(cell->workload->group == GROUP_SCHED || has_twin(&plan, cell, "qemu-tcg"));
		/* What needs fresh pages is another operation in a process, which has been there before. */
		assert_true(!cell->workload->native || cell->workload->max_ops ||
			    has_twin(&plan, cell, "native"));
	}
	plan__free(&plan);
}

/* A label in a report can be given to -w as it is. */
static void labels_of_cells_are_items_of_w(void **state)
{
	(void)state;
	for (const struct embedded_job *job = embedded_jobs; job->name; job++) {
		struct plan plan, again;

		load(&plan, job->name);
		for (size_t i = 0; i < plan.nr_cells; i++) {
			const struct cell *cell = &plan.cells[i];
			char params[300], item[400];
			struct error err = { 0 };

			plan__format_params(cell, i & 1, params, sizeof(params));
			snprintf(item, sizeof(item), "%s%s%s", cell->workload->name,
				 params[0] ? ":" : "", params);
			if (plan__from_list(&again, item, &no_options, &err))
				fail_msg("%s", err.text);
			assert_memory_equal(again.cells[0].params, cell->params,
					    sizeof(cell->params));
			assert_int_equal(again.cells[0].ring, cell->ring);
			plan__free(&again);
		}
		plan__free(&plan);
	}
}

static void no_parameter_hides_a_key(void **state)
{
	static const char *const reserved[] = {
		"workload", "ring", "backend", "rounds", "time", "description", "exclude", NULL,
	};

	(void)state;
	for_each_workload(entry) {
		const struct workload *w = *entry;

		for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++) {
			for (const struct config_key *key = config_keys; key->name; key++)
				assert_string_not_equal(key->name, w->params[i].name);
			for (const char *const *key = reserved; *key; key++)
				assert_string_not_equal(*key, w->params[i].name);
		}
	}
}

/* What -w, job files and messages rely on in a descriptor. */
static void descriptors_are_well_formed(void **state)
{
	int workloads = 0;

	(void)state;
	for_each_workload(entry) {
		const struct workload *w = *entry;

		workloads++;
		assert_true(w->name[0] && strlen(w->name) < HV_NAME_BYTES &&
			    !strpbrk(w->name, ",:=[] \t"));
		assert_true(w->what && w->what[0]);
		assert_true(w->ring == 0 || w->ring == 3);
		for_each_workload(other)
			assert_true(other == entry || strcmp((*other)->name, w->name));
		for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++) {
			const struct workload_param *p = &w->params[i];

			assert_null(strpbrk(p->name, ",:=[] \t;#"));
			if (p->kind != PARAM_CHOICE) {
				assert_true(p->min <= p->value && p->value <= p->max);
				continue;
			}
			assert_non_null(p->choices);
			for (uint64_t c = 0; c <= p->value; c++)
				assert_non_null(p->choices[c]);
			for (int c = 0; p->choices[c]; c++)
				assert_null(strpbrk(p->choices[c], ",:=|; \t"));
		}
	}
	assert_true(workloads >= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_job_is_planned_and_described),
		cmocka_unit_test(jobs_leave_out_no_workload_of_their_group),
		cmocka_unit_test(the_job_backends_puts_the_same_cells_on_all_of_them),
		cmocka_unit_test(labels_of_cells_are_items_of_w),
		cmocka_unit_test(no_parameter_hides_a_key),
		cmocka_unit_test(descriptors_are_well_formed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
