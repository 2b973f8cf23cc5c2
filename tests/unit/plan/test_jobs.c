// SPDX-License-Identifier: GPL-2.0-or-later
/* The shipped jobs can be planned, and the table of workloads leaves no key with two meanings. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "bench/backends/registry.h"
#include "bench/measure/runner.h"
#include "bench/plan/job.h"
#include "bench/plan/list.h"
#include "bench/plan/plan.h"

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
	assert_true(jobs >= 11);
}

/* The default job gives an answer in less than a minute. */
static void the_default_job_is_quick(void **state)
{
	const struct depth_options opts = { .samples = 0 };
	struct depth depth;
	struct plan plan;

	(void)state;
	load(&plan, "quick");
	depth__choose(&depth, &plan, &opts);
	/* A minute is as long as a user will wait. */
	assert_true(depth__run_s(&depth) < 60);
	plan__free(&plan);
}

static bool has_workload(const struct plan *plan, const struct workload *w);

static void the_full_job_leaves_out_no_workload(void **state)
{
	struct plan plan;

	(void)state;
	load(&plan, "full");
	for_each_workload(entry) {
		if (!has_workload(&plan, *entry))
			fail_msg("%s is missing in full", (*entry)->name);
	}
	plan__free(&plan);
}

/*
 * The two jobs are compared cell by cell, so they must differ in all of the configuration and in
 * nothing else.
 */
static void the_two_styles_have_the_same_cells(void **state)
{
	struct plan one, two;

	(void)state;
	load(&one, "type1-style");
	load(&two, "type2-style");
	assert_int_equal(one.nr_cells, two.nr_cells);
	assert_int_equal(one.rounds, two.rounds);
	for (size_t i = 0; i < one.nr_cells; i++) {
		const struct cell *a = &one.cells[i], *b = &two.cells[i];

		assert_ptr_equal(a->workload, b->workload);
		assert_memory_equal(a->params, b->params, sizeof(a->params));
		assert_int_equal(a->ring, b->ring);
		assert_string_equal(a->config.name, one.cells[0].config.name);
		assert_string_equal(b->config.name, two.cells[0].config.name);
	}
	assert_string_equal(one.cells[0].config.name,
			    "pages=thp disable_exits=hlt+pause+mwait+cstate pin=all");
	assert_string_equal(two.cells[0].config.name, "pages=4k irqchip=split ioeventfd=off");
	plan__free(&one);
	plan__free(&two);
}

/* How many values of the key the job's cells of the workload have. */
static unsigned int values_of(const char *job, const char *workload, const char *key)
{
	char seen[16][64], value[64];
	unsigned int nr = 0, k;
	struct plan plan;

	load(&plan, job);
	for (size_t i = 0; i < plan.nr_cells; i++) {
		if (strcmp(plan.cells[i].workload->name, workload))
			continue;
		config__get(&plan.cells[i].config, key, value, sizeof(value));
		for (k = 0; k < nr && strcmp(seen[k], value); k++)
			;
		if (k == nr && nr < 16)
			strcpy(seen[nr++], value);
	}
	plan__free(&plan);
	return nr;
}

static void jobs_of_one_setting_step_over_it(void **state)
{
	(void)state;
	assert_int_equal(values_of("halt-polling", "halt-wake", "halt_poll_ns"), 7);
	assert_int_equal(values_of("halt-polling", "ipi", "halt_poll_ns"), 7);
	assert_int_equal(values_of("overcommit", "halt-wake", "overcommit"), 4);
	assert_int_equal(values_of("page-size", "chase", "pages"), 4);
	assert_int_equal(values_of("vcpu-scaling", "touch", "parallel"), 4);
	assert_int_equal(values_of("page-size", "chase", "guest_pages"), 2);
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
		{ "exits", GROUP_EXIT },	  { "interrupts", GROUP_INTERRUPT },
		{ "memory", GROUP_MEMORY },	  { "scheduling", GROUP_SCHED },
		{ "lifecycle", GROUP_LIFECYCLE }, { "devices", GROUP_IO },
	};
	struct plan plan;

	(void)state;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		load(&plan, groups[i].job);
		for_each_workload(entry) {
			const struct workload *w = *entry;

			if (w->group != groups[i].group)
				continue;
			if (!has_workload(&plan, w))
				fail_msg("%s is missing in %s", w->name, groups[i].job);
		}
		for (size_t c = 0; c < plan.nr_cells; c++)
			assert_int_equal(plan.cells[c].workload->group, groups[i].group);
		plan__free(&plan);
	}
}

/* The default job is a choice of those that people ask for first. */
static void the_default_job_has_each_way_that_an_exit_takes(void **state)
{
	static const char *const exits[] = {
		"empty",    "cpuid",	      "hypercall",	"rdmsr",     "wrmsr",
		"pio-user", "pio-kernel",     "pio-ioeventfd",	"mmio-user", "mmio-kernel",
		"pause",    "mmio-ioeventfd", "coalesced-mmio",
	};
	struct plan quick;

	(void)state;
	load(&quick, "quick");
	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++)
		assert_true(has_workload(&quick, plan__find_workload(exits[i], NULL)));
	plan__free(&quick);
}

static void the_jobs_of_exits_take_a_minute_and_a_half(void **state)
{
	static const char *const jobs[] = { "exits", "interrupts" };
	const struct depth_options opts = { .samples = 0 };
	struct depth depth;
	struct plan plan;

	(void)state;
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		load(&plan, jobs[i]);
		depth__choose(&depth, &plan, &opts);
		assert_true(depth__run_s(&depth) < 90);
		plan__free(&plan);
	}
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
		assert_true(cell->workload->group == GROUP_SCHED ||
			    has_twin(&plan, cell, "qemu-tcg"));
		/*
		 * Workloads that need fresh pages are another operation in a process, whose pages
		 * are not fresh.
		 */
		assert_true(!cell->workload->native || cell->workload->max_ops ||
			    has_twin(&plan, cell, "native"));
	}
	plan__free(&plan);
}

/* Labels from a report can be passed to -w. */
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

/* The properties of a descriptor that -w, job files and messages rely on. */
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
		cmocka_unit_test(the_default_job_is_quick),
		cmocka_unit_test(the_full_job_leaves_out_no_workload),
		cmocka_unit_test(the_two_styles_have_the_same_cells),
		cmocka_unit_test(jobs_of_one_setting_step_over_it),
		cmocka_unit_test(jobs_leave_out_no_workload_of_their_group),
		cmocka_unit_test(the_default_job_has_each_way_that_an_exit_takes),
		cmocka_unit_test(the_jobs_of_exits_take_a_minute_and_a_half),
		cmocka_unit_test(the_job_backends_puts_the_same_cells_on_all_of_them),
		cmocka_unit_test(labels_of_cells_are_items_of_w),
		cmocka_unit_test(no_parameter_hides_a_key),
		cmocka_unit_test(descriptors_are_well_formed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
