// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of values, their products, what is excluded from them, and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/plan/job.h"
#include "bench/plan/list.h"
#include "bench/plan/matrix.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const dirs[] = { "out", "in", NULL };

DEFINE_WORKLOAD(test_gate) = {
	.name = "test-gate",
	.what = "of the tests",
	.group = GROUP_EXIT,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.params = { { "dir", "where to", PARAM_CHOICE, 1, 0, 0, dirs } },
};

DEFINE_WORKLOAD(test_walk) = {
	.name = "test-walk",
	.what = "of the tests",
	.group = GROUP_MEMORY,
	.unit = "cycles",
	.ring = 3,
	.params = {
		{ "area", "bytes", PARAM_SIZE, 1 << 20, 4096, 1ull << 30, NULL },
		{ "pause", "between steps", PARAM_TIME_NS, 100, 0, 1000000000, NULL },
		{ "seed", "of the walk", PARAM_COUNT, 1, 0, ~0ull, NULL },
	},
};

static const struct plan_options no_options;

/* "WORKLOAD:PARAMS BACKEND CONFIG" for each cell, one on a line. */
static void describe(const struct plan *plan, char *buf, size_t len)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < plan->nr_cells && used < len; i++) {
		const struct cell *cell = &plan->cells[i];
		char params[200];

		plan__format_params(cell, false, params, sizeof(params));
		used += (size_t)snprintf(buf + used, len - used, "%s%s%s%s%s | %s\n",
					 cell->workload->name, params[0] ? ":" : "", params,
					 strcmp(cell->backend, "kvm") ? " @" : "",
					 strcmp(cell->backend, "kvm") ? cell->backend : "",
					 cell->config.name);
	}
}

static void assert_job(const char *job, const struct plan_options *opts, const char *want)
{
	struct error err = { 0 };
	struct plan plan;
	char have[4096];

	if (plan__from_text(&plan, "job.ini", job, opts, &err))
		fail_msg("%s", err.text);
	describe(&plan, have, sizeof(have));
	assert_string_equal(have, want);
	plan__free(&plan);
}

static void assert_list(const char *list, const struct plan_options *opts, const char *want)
{
	struct error err = { 0 };
	struct plan plan;
	char have[4096];

	if (plan__from_list(&plan, list, opts, &err))
		fail_msg("%s", err.text);
	describe(&plan, have, sizeof(have));
	assert_string_equal(have, want);
	plan__free(&plan);
}

static void lists_are_split_at_commas_and_those_of_pin_at_blanks(void **state)
{
	static const struct {
		const char *key, *text;
		size_t nr;
		const char *value[4];
	} good[] = {
		{ "pages", "4k", 1, { "4k" } },
		{ "pages", "4k,thp", 2, { "4k", "thp" } },
		{ "pages", " 4k ,\tthp , 2m ", 3, { "4k", "thp", "2m" } },
		{ "pages", "4k thp", 1, { "4k thp" } },
		{ "pages", "", 1, { "" } },
		{ "disable_exits", "none,hlt+pause", 2, { "none", "hlt+pause" } },
		{ "pin", "0-3,7", 1, { "0-3,7" } },
		{ "pin", "none 0-3,7\t 8  all ", 4, { "none", "0-3,7", "8", "all" } },
	};
	static const char *const bad[] = { ",", "4k,", ",4k", "4k,,thp", "4k, ,thp", "," };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct values v;

		assert_int_equal(values__split(&v, good[i].key, good[i].text, NULL), 0);
		assert_int_equal(v.nr, good[i].nr);
		for (size_t k = 0; k < v.nr; k++)
			assert_string_equal(v.value[k], good[i].value[k]);
		values__free(&v);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct error err = { 0 };
		struct values v;

		assert_int_equal(values__split(&v, "pages", bad[i], &err), -EINVAL);
		assert_non_null(strstr(err.text, "there is no value between its commas"));
		assert_null(v.value);
	}
}

static void the_plan_is_the_product(void **state)
{
	(void)state;
	assert_job("[test-walk]\narea = 4k, 8k\npages = thp,4k\n", &no_options,
		   "test-walk:area=4k | pages=thp\ntest-walk:area=4k | pages=4k\n"
		   "test-walk:area=8k | pages=thp\ntest-walk:area=8k | pages=4k\n");
	assert_job("[test-gate]\ndir=in,out\nring=3,0\n", &no_options,
		   "test-gate | default\ntest-gate:ring=0 | default\n"
		   "test-gate:dir=out | default\ntest-gate:dir=out:ring=0 | default\n");
	assert_job("[test-walk]\nbackend = kvm,native\npin = none 0,2\n", &no_options,
		   "test-walk | default\ntest-walk | pin=0,2\n"
		   "test-walk @native | default\ntest-walk @native | pin=0,2\n");
}

static void global_lists_multiply_every_section_they_are_about(void **state)
{
	(void)state;
	assert_job("[test-gate]\n[w]\nworkload=test-walk\n[global]\narea=4k,8k\nvms=1,2\n",
		   &no_options,
		   "test-gate | default\ntest-gate | vms=2\n"
		   "test-walk:area=4k | default\ntest-walk:area=4k | vms=2\n"
		   "test-walk:area=8k | default\ntest-walk:area=8k | vms=2\n");
	/* A value in a section replaces the list from [global]; they are not multiplied. */
	assert_job("[global]\npages=4k,thp\n[test-gate]\npages=2m\n[test-walk]\n", &no_options,
		   "test-gate | pages=2m\ntest-walk | pages=4k\ntest-walk | pages=thp\n");
	assert_job("[global]\npages=4k\n[test-gate]\npages=2m,1g\n", &no_options,
		   "test-gate | pages=2m\ntest-gate | pages=1g\n");
}

static void excluded_combinations_are_dropped(void **state)
{
	(void)state;
	assert_job("[test-gate]\npages=4k,thp\nirqchip=kernel,split,user\n"
		   "exclude = pages=4k irqchip=user\nexclude = pages=thp irqchip=split,user\n",
		   &no_options,
		   "test-gate | pages=4k\ntest-gate | pages=4k irqchip=split\n"
		   "test-gate | pages=thp\n");
	/* Values are compared by meaning, not as text. */
	assert_job("[test-gate]\nhalt_poll_ns=0,50us\nexclude = halt_poll_ns=50000\n", &no_options,
		   "test-gate | halt_poll_ns=0\n");
	/* exclude in [global] applies to every section; cells without the key stay. */
	assert_job(
		"[global]\nvms=1,2\nexclude = area=8k vms=2\nexclude = workload=test-gate vms=1\n"
		"[test-gate]\n[test-walk]\narea=4k,8k\n",
		&no_options,
		"test-gate | vms=2\ntest-walk:area=4k | default\ntest-walk:area=8k | default\n"
		"test-walk:area=4k | vms=2\n");
	/* exclude in a section applies to that section only. */
	assert_job("[global]\nvms=1,2\n[test-gate]\nexclude = vms=2\n[test-walk]\n", &no_options,
		   "test-gate | default\ntest-walk | default\ntest-walk | vms=2\n");
	assert_job(
		"[test-gate]\npin = none 0,2 3\nexclude = pin=0,2\nexclude = backend=kvm pin=3\n",
		&no_options, "test-gate | default\n");
	/* An invalid combination is not an error if it is excluded. */
	assert_job("[test-gate]\nvms=1,2\novercommit=none,2\nexclude = vms=2 overcommit=2\n",
		   &no_options,
		   "test-gate | default\ntest-gate | overcommit=2\ntest-gate | vms=2\n");
}

static void the_command_lines_matrix_replaces_the_jobs(void **state)
{
	static const char *const two[] = { "pages=2m,1g", "area=4k,8k", NULL };
	static const char *const excludes[] = { "pages=1g area=8k", NULL };
	static const char *const one[] = { "pages=1g", NULL };
	const struct plan_options matrix = { .matrix = two },
				  less = { .matrix = two, .excludes = excludes },
				  config = { .config_pairs = one },
				  backends = { .backend = "kvm,native" };

	(void)state;
	assert_job("[global]\npages=4k\n[test-gate]\npages=4k,thp\n[test-walk]\narea=16k\n",
		   &matrix,
		   "test-gate | pages=2m\ntest-gate | pages=1g\n"
		   "test-walk:area=4k | pages=2m\ntest-walk:area=8k | pages=2m\n"
		   "test-walk:area=4k | pages=1g\ntest-walk:area=8k | pages=1g\n");
	assert_list("test-walk:seed=7", &less,
		    "test-walk:area=4k:seed=7 | pages=2m\ntest-walk:area=8k:seed=7 | pages=2m\n"
		    "test-walk:area=4k:seed=7 | pages=1g\n");
	assert_job("[test-gate]\npages=4k,thp\n", &config, "test-gate | pages=1g\n");
	assert_list("test-gate", &backends, "test-gate | default\ntest-gate @native | default\n");
}

/* Options on the command line may make cells of a job the same: those are measured once. */
static void what_the_command_line_makes_the_same_is_measured_once(void **state)
{
	const struct plan_options native = { .backend = "native" };
	struct error err = { 0 };
	struct plan plan;

	(void)state;
	assert_int_equal(plan__from_text(&plan, "j",
					 "[test-gate]\n[n]\nworkload=test-gate\n"
					 "backend=native\n[test-walk]\n",
					 &native, &err),
			 0);
	assert_int_equal(plan.nr_cells, 2);
	assert_int_equal(plan.nr_same, 1);
	plan__free(&plan);
}

static void counts_of_what_was_left_out_are_kept(void **state)
{
	struct error err = { 0 };
	struct plan plan;

	(void)state;
	assert_int_equal(plan__from_text(&plan, "j", "[test-gate]\nvms=1,2,3\nexclude=vms=2,3\n",
					 &no_options, &err),
			 0);
	assert_int_equal(plan.nr_excluded, 2);
	assert_int_equal(plan.nr_same, 0);
	plan__free(&plan);
}

static void mistakes_in_jobs_are_reported_with_their_line(void **state)
{
	static const struct {
		const char *job, *text;
	} bad[] = {
		{ "[test-gate]\npages=4k,\n",
		  "2: '4k,' for 'pages': there is no value between its commas" },
		{ "[test-gate]\npages=4k,8k\n",
		  "2: bad value '8k' for 'pages': use auto|4k|thp|2m|1g" },
		{ "[test-gate]\nhalt_poll_ns=50us,0,50000\n",
		  "2: '50000' is listed twice for 'halt_poll_ns'" },
		{ "[test-gate]\npin=0,2 1,x\n",
		  "2: bad value '1,x' for 'pin': use none|all|CPUs such as 0-3,7 or 0-126:2" },
		{ "[test-walk]\narea=4k,2g\n",
		  "2: bad value '2g' for 'area' of test-walk: use a size from 4k to 1g" },
		/* An invalid value is found even if no section uses it. */
		{ "[global]\npages=4k,8k\n[test-gate]\npages=2m\n",
		  "2: bad value '8k' for 'pages': use auto|4k|thp|2m|1g" },
		{ "[global]\nrounds=1,2\n[test-gate]\n",
		  "2: bad value '1,2' for 'rounds': use 1..10000" },
		{ "[test-gate]\nvms=2\novercommit=2\n",
		  "1: overcommit=2 and vms=2 exclude each other: both say how many VMs there are" },
		{ "[test-gate]\n[w]\nworkload=test-gate,test-walk\n",
		  "3: unknown workload 'test-gate,test-walk': 'hvbench list workloads' shows "
		  "them" },
		{ "[test-gate]\npages=auto,4k\n[x]\nworkload=test-gate\npages=4k,thp\n",
		  "3: 'x' measures the same as 'test-gate' (test-gate on kvm, configuration "
		  "pages=4k): "
		  "leave one out" },
		/* exclude */
		{ "[test-gate]\nexclude = pages\n",
		  "2: 'pages' is not KEY=VALUE: write exclude = KEY=VALUE KEY=VALUE…" },
		{ "[test-gate]\nexclude = pages= vms=2\n",
		  "2: 'pages=' is not KEY=VALUE: write exclude = KEY=VALUE KEY=VALUE…" },
		{ "[test-gate]\nexclude = vms=1,\n",
		  "2: '1,' for 'vms': there is no value between its commas" },
		{ "[test-gate]\nvms=1,2\nexclude = vms=1 vms=2\n",
		  "3: 'vms' stands twice: no cell has two values (either of two is "
		  "vms=VALUE,VALUE)" },
		{ "[test-gate]\nvms=1,2\nexclude = vsm=1\n",
		  "3: no cell here has 'vsm': 'hvbench list' shows parameters and configuration "
		  "keys" },
		{ "[test-gate]\nvms=1,2\nexclude = vms=2 pages=8k\n",
		  "3: bad value '8k' for 'pages': use auto|4k|thp|2m|1g" },
		{ "[test-gate]\nvms=1,2\nexclude = pages=8k vms=7\n",
		  "3: bad value '8k' for 'pages': use auto|4k|thp|2m|1g" },
		{ "[test-gate]\nvms=1,2\nexclude = workload=test-gat\n",
		  "3: unknown workload 'test-gat': did you mean 'test-gate'?" },
		{ "[test-gate]\nvms=1,2\nexclude = vms=3\n",
		  "3: this drops nothing: no cell has all of these values" },
		{ "[test-gate]\n[test-walk]\nvms=1,2\nexclude = workload=test-gate vms=1\n",
		  "4: this drops nothing: no cell has all of these values" },
		{ "[global]\nexclude = area=4k\n[test-gate]\n",
		  "2: no cell here has 'area': 'hvbench list' shows parameters and configuration "
		  "keys" },
		{ "[test-gate]\nexclued = vms=1\n",
		  "2: unknown key 'exclued': did you mean 'exclude'?" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct error err = { 0 };
		char want[600];
		struct plan plan;
		int ret = plan__from_text(&plan, "job.ini", bad[i].job, &no_options, &err);

		snprintf(want, sizeof(want), "job.ini:%s", bad[i].text);
		assert_string_equal(err.text, want);
		assert_int_equal(ret, -EBADMSG);
		assert_int_equal(err.code, -EBADMSG);
	}
}

static void nothing_left_is_an_error(void **state)
{
	struct error err = { 0 };
	struct plan plan;

	(void)state;
	assert_int_equal(plan__from_text(&plan, "j", "[test-gate]\nvms=1,2\nexclude=vms=1,2\n",
					 &no_options, &err),
			 -EINVAL);
	assert_string_equal(err.text, "nothing is left to measure: every combination is excluded");
	assert_null(plan.cells);
}

static void mistakes_of_the_command_line_are_its_own(void **state)
{
	static const struct {
		const char *matrix[3], *config[2], *excludes[2], *backend;
		int code;
		const char *text;
	} bad[] = {
		{ .matrix = { "pages" },
		  .code = -EINVAL,
		  .text = "--matrix 'pages' is not KEY=VALUE,VALUE…, such as pages=4k,thp" },
		{ .matrix = { "pages=" },
		  .code = -EINVAL,
		  .text = "--matrix 'pages=' is not KEY=VALUE,VALUE…, such as pages=4k,thp" },
		{ .matrix = { "irqchp=user" },
		  .code = -ENOENT,
		  .text = "--matrix: unknown key 'irqchp': did you mean 'irqchip'?" },
		{ .matrix = { "elephant=4k" },
		  .code = -ENOENT,
		  .text = "--matrix: unknown key 'elephant': 'hvbench list' shows parameters and "
			  "configuration keys" },
		{ .matrix = { "rounds=1,2" },
		  .code = -EINVAL,
		  .text = "--matrix: 'rounds' is the whole run's: give it as --rounds" },
		{ .matrix = { "pages=4k", "pages=thp" },
		  .code = -EINVAL,
		  .text = "--matrix: 'pages' is given twice" },
		{ .matrix = { "pages=4k" },
		  .config = { "pages=thp" },
		  .code = -EINVAL,
		  .text = "'pages' is given by --config and by --matrix: leave one out" },
		{ .matrix = { "backend=kvm" },
		  .backend = "native",
		  .code = -EINVAL,
		  .text = "the backend is given by --backend and by --matrix: leave one out" },
		{ .matrix = { "pages=4k,8k" },
		  .code = -EINVAL,
		  .text = "--matrix: bad value '8k' for 'pages': use auto|4k|thp|2m|1g" },
		{ .matrix = { "area=4k,4096" },
		  .code = -EINVAL,
		  .text = "--matrix: '4096' is listed twice for 'area'" },
		{ .matrix = { "dir=in" },
		  .code = -EINVAL,
		  .text = "--matrix: no workload here takes 'dir'" },
		{ .matrix = { "ring=0,3" },
		  .code = -EINVAL,
		  .text = "--matrix: no workload here takes 'ring'" },
		{ .config = { "pages=4k,thp" },
		  .code = -EINVAL,
		  .text = "--config takes one value, --matrix several: bad value '4k,thp' for "
			  "'pages': "
			  "use auto|4k|thp|2m|1g" },
		{ .excludes = { "pages" },
		  .code = -EINVAL,
		  .text = "--exclude: 'pages' is not KEY=VALUE: write exclude = KEY=VALUE "
			  "KEY=VALUE…" },
		{ .excludes = { "pages=8k" },
		  .code = -EINVAL,
		  .text = "--exclude: bad value '8k' for 'pages': use auto|4k|thp|2m|1g" },
		{ .excludes = { "dir=in" },
		  .code = -EINVAL,
		  .text = "--exclude: no cell here has 'dir': 'hvbench list' shows parameters and "
			  "configuration keys" },
		{ .excludes = { "pages=4k" },
		  .code = -EINVAL,
		  .text = "--exclude: this drops nothing: no cell has all of these values" },
		{ .excludes = { "vms=1" },
		  .code = -EINVAL,
		  .text = "nothing is left to measure: every combination is excluded" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct plan_options opts = {
			.matrix = bad[i].matrix,
			.config_pairs = bad[i].config,
			.excludes = bad[i].excludes,
			.backend = bad[i].backend,
		};

		for (int job = 0; job < 2; job++) {
			struct error err = { 0 };
			struct plan plan;
			int ret = job ? plan__from_text(&plan, "j", "[test-walk]\n", &opts, &err) :
					plan__from_list(&plan, "test-walk", &opts, &err);

			assert_string_equal(err.text, bad[i].text);
			assert_int_equal(ret, bad[i].code);
			assert_null(plan.cells);
		}
	}
}

/* "0,1,2,…" */
static void add_numbers(char *buf, const char *key, int nr)
{
	int len = (int)strlen(buf);

	len += sprintf(buf + len, "%s=", key);
	for (int i = 0; i < nr; i++)
		len += sprintf(buf + len, "%s%d", i ? "," : "", i);
}

static void the_number_of_cells_is_bounded(void **state)
{
	static char seeds[30000], loads[30000], more[30000];
	const char *matrix[4] = { seeds, loads, NULL };
	const char *excludes[2] = { "load=63", NULL };
	struct plan_options opts = { .matrix = matrix };
	struct error err = { 0 };
	struct plan plan;

	(void)state;
	add_numbers(seeds, "seed", 64);
	add_numbers(loads, "load", 64);
	assert_int_equal(plan__from_list(&plan, "test-walk", &opts, &err), 0);
	assert_int_equal(plan.nr_cells, 4096);
	plan__free(&plan);

	/* One more is too many, unless enough are excluded. */
	add_numbers(strcpy(seeds, ""), "seed", 65);
	assert_int_equal(plan__from_list(&plan, "test-walk", &opts, &err), -E2BIG);
	assert_string_equal(
		err.text, "-w: more than 4096 cells in one run: 'test-walk' alone has 4160 "
			  "combinations (seed(65) × load(64)); leave values out, exclude some, or "
			  "make several runs of it");
	opts.excludes = excludes;
	assert_int_equal(plan__from_list(&plan, "test-walk", &opts, &err), 0);
	assert_int_equal(plan.nr_cells, 65 * 63);
	plan__free(&plan);

	/* A product too large even to go through. */
	matrix[2] = more;
	add_numbers(more, "pause", 1000);
	assert_int_equal(plan__from_text(&plan, "j", "[test-walk]\n", &opts, &err), -EBADMSG);
	assert_string_equal(
		err.text, "j:1: 'test-walk' has more than 65536 combinations (seed(65) × "
			  "load(64) × pause(1000)): leave values out, or make several runs of it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_split_at_commas_and_those_of_pin_at_blanks),
		cmocka_unit_test(the_plan_is_the_product),
		cmocka_unit_test(global_lists_multiply_every_section_they_are_about),
		cmocka_unit_test(excluded_combinations_are_dropped),
		cmocka_unit_test(the_command_lines_matrix_replaces_the_jobs),
		cmocka_unit_test(what_the_command_line_makes_the_same_is_measured_once),
		cmocka_unit_test(counts_of_what_was_left_out_are_kept),
		cmocka_unit_test(mistakes_in_jobs_are_reported_with_their_line),
		cmocka_unit_test(nothing_left_is_an_error),
		cmocka_unit_test(mistakes_of_the_command_line_are_its_own),
		cmocka_unit_test(the_number_of_cells_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
