// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans from -w lists and job files: what is asked for is planned, and errors are reported with
 * their place. The table of workloads also holds some of the test's own.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/stats.h"
#include "bench/plan/job.h"
#include "bench/plan/jobfile.h"
#include "bench/plan/list.h"
#include "bench/plan/plan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const directions[] = { "out", "in", NULL };

DEFINE_WORKLOAD(test_gate) = {
	.name = "test-gate",
	.what = "of the tests",
	.group = GROUP_EXIT,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.params = { { "dir", "direction", PARAM_CHOICE, 1, 0, 0, directions } },
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

DEFINE_WORKLOAD(test_plain) = {
	.name = "test-plain",
	.what = "of the tests",
	.group = GROUP_EXIT,
	.unit = "ns",
	.ring = 0,
};

/* The maximum number of parameters: the list has no end mark. */
DEFINE_WORKLOAD(test_full) = {
	.name = "test-full",
	.what = "of the tests",
	.group = GROUP_IO,
	.unit = "ns",
	.ring = 3,
	.params = {
		{ "p0", "", PARAM_COUNT, 0, 0, 9, NULL }, { "p1", "", PARAM_COUNT, 1, 0, 9, NULL },
		{ "p2", "", PARAM_COUNT, 2, 0, 9, NULL }, { "p3", "", PARAM_COUNT, 3, 0, 9, NULL },
		{ "p4", "", PARAM_COUNT, 4, 0, 9, NULL }, { "p5", "", PARAM_COUNT, 5, 0, 9, NULL },
		{ "p6", "", PARAM_COUNT, 6, 0, 9, NULL }, { "p7", "", PARAM_COUNT, 7, 0, 9, NULL },
	},
};

static const struct plan_options no_options;

static void assert_planned(int ret, const struct error *err)
{
	if (ret)
		fail_msg("%d: %s", ret, err->text);
}

/* -w */

static void lists_are_planned_as_written(void **state)
{
	struct error err = { 0 };
	struct plan plan;

	(void)state;
	assert_planned(plan__from_list(&plan,
				       "test-gate , test-walk:area=64k:seed=0x10:pause=2us,"
				       "test-gate:ring=0:dir=out",
				       &no_options, &err),
		       &err);
	assert_string_equal(plan.name, "command line");
	assert_int_equal(plan.nr_cells, 3);
	assert_int_equal(plan.rounds, PLAN_DEFAULT_ROUNDS);
	assert_true(plan.cells[0].workload == &test_gate && plan.cells[0].ring == 3);
	assert_int_equal(plan.cells[0].params[0], 1);
	assert_string_equal(plan.cells[0].backend, "kvm");
	assert_string_equal(plan.cells[0].config.name, "default");
	assert_true(plan.cells[1].workload == &test_walk);
	assert_int_equal(plan.cells[1].params[0], 65536);
	assert_int_equal(plan.cells[1].params[1], 2000);
	assert_int_equal(plan.cells[1].params[2], 16);
	assert_string_equal(plan.cells[1].section, "test-walk:area=64k:seed=0x10:pause=2us");
	assert_int_equal(plan.cells[2].ring, 0);
	assert_int_equal(plan.cells[2].params[0], 0);
	plan__free(&plan);
}

static void bad_lists_are_refused(void **state)
{
	static const struct {
		const char *list;
		int code;
		const char *text;
	} bad[] = {
		{ "test-gat", -ENOENT,
		  "-w: unknown workload 'test-gat': did you mean 'test-gate'?" },
		{ "elephant", -ENOENT,
		  "-w: unknown workload 'elephant': 'hvbench list workloads' shows them" },
		{ "", -EINVAL,
		  "-w: '' names no workload between its commas: write "
		  "NAME[:PARAM=VALUE…][,NAME…]" },
		{ "test-gate,,test-walk", -EINVAL,
		  "-w: 'test-gate,,test-walk' names no workload between its "
		  "commas: write NAME[:PARAM=VALUE…][,NAME…]" },
		{ "test-gate,", -EINVAL,
		  "-w: 'test-gate,' names no workload between its commas: write "
		  "NAME[:PARAM=VALUE…][,NAME…]" },
		{ "test-walk:", -EINVAL, "-w: '' after test-walk is not PARAM=VALUE" },
		{ "test-walk:area", -EINVAL, "-w: 'area' after test-walk is not PARAM=VALUE" },
		{ "test-walk:=64k", -EINVAL, "-w: '=64k' after test-walk is not PARAM=VALUE" },
		{ "test-walk:aera=64k", -ENOENT,
		  "-w: test-walk has no parameter 'aera': did you mean 'area'?" },
		{ "test-walk:x=64k", -ENOENT,
		  "-w: test-walk has no parameter 'x': it takes area, pause, seed" },
		{ "test-gate:x=1", -ENOENT,
		  "-w: test-gate has no parameter 'x': it takes dir, ring" },
		{ "test-plain:x=1", -ENOENT, "-w: 'x': test-plain takes no parameters" },
		{ "test-walk:pages=4k", -ENOENT,
		  "-w: 'pages' is no parameter of test-walk: give it as --config pages=VALUE" },
		{ "test-walk:backend=kvm", -ENOENT,
		  "-w: 'backend' is no parameter of test-walk: give it as --backend NAME" },
		{ "test-walk:area=1k", -EINVAL,
		  "-w: bad value '1k' for 'area' of test-walk: use a size from 4k to 1g" },
		{ "test-walk:area=2g", -EINVAL,
		  "-w: bad value '2g' for 'area' of test-walk: use a size from 4k to 1g" },
		{ "test-walk:area=", -EINVAL,
		  "-w: bad value '' for 'area' of test-walk: use a size from 4k to 1g" },
		{ "test-walk:pause=2m", -EINVAL,
		  "-w: bad value '2m' for 'pause' of test-walk: use a time from 0 to 1s" },
		{ "test-walk:seed=-1", -EINVAL,
		  "-w: bad value '-1' for 'seed' of test-walk: use a number "
		  "from 0 to 18446744073709551615" },
		{ "test-gate:dir=up", -EINVAL,
		  "-w: bad value 'up' for 'dir' of test-gate: use out|in" },
		{ "test-gate:ring=1", -EINVAL, "-w: bad value '1' for 'ring': use 0|3" },
		{ "test-gate:ring=33", -EINVAL, "-w: bad value '33' for 'ring': use 0|3" },
		{ "test-walk:ring=0", -EINVAL,
		  "-w: bad value '0' for 'ring': test-walk runs in ring 3 only" },
		{ "test-walk:area=64k:area=1m", -EINVAL, "-w: 'area' of test-walk is given twice" },
		{ "test-gate:ring=0:ring=3", -EINVAL, "-w: 'ring' of test-gate is given twice" },
		{ "test-full:p9=1", -ENOENT,
		  "-w: test-full has no parameter 'p9': did you mean 'p0'?" },
		{ "test-full:other=1", -ENOENT,
		  "-w: test-full has no parameter 'other': it takes p0, p1, p2, p3, p4, p5, p6, "
		  "p7" },
		{ "test-full:p7=1:p7=1", -EINVAL, "-w: 'p7' of test-full is given twice" },
		{ "test-gate,test-walk,test-plain,test-walk:area=1m", -EINVAL,
		  "-w: 'test-walk:area=1m' measures the same as 'test-walk' "
		  "(test-walk on kvm, configuration default): leave one out" },
		{ "test-gate,test-gate:dir=in", -EINVAL,
		  "-w: 'test-gate:dir=in' measures the same as "
		  "'test-gate' (test-gate on kvm, configuration default): leave one out" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct error err = { 0 };
		struct plan plan;
		int ret = plan__from_list(&plan, bad[i].list, &no_options, &err);

		assert_string_equal(err.text, bad[i].text);
		assert_int_equal(ret, bad[i].code);
		assert_int_equal(err.code, bad[i].code);
		assert_null(plan.cells);
	}
}

static void what_formats_is_read_back(void **state)
{
	static const char *const lists[] = {
		"test-gate",
		"test-gate:dir=out:ring=0",
		"test-walk:area=1572864:pause=1500:seed=7",
		"test-plain",
		"test-full:p0=9:p7=0",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		for (int all = 0; all <= 1; all++) {
			struct error err = { 0 };
			struct plan plan, again;
			char params[256], list[400];

			assert_planned(plan__from_list(&plan, lists[i], &no_options, &err), &err);
			plan__format_params(&plan.cells[0], all, params, sizeof(params));
			snprintf(list, sizeof(list), "%s%s%s", plan.cells[0].workload->name,
				 params[0] ? ":" : "", params);
			assert_planned(plan__from_list(&again, list, &no_options, &err), &err);
			assert_memory_equal(plan.cells[0].params, again.cells[0].params,
					    sizeof(plan.cells[0].params));
			assert_int_equal(plan.cells[0].ring, again.cells[0].ring);
			plan__free(&plan);
			plan__free(&again);
		}
	}
}

static void parameters_are_formatted_for_people(void **state)
{
	struct error err = { 0 };
	struct plan plan;
	char buf[256];

	(void)state;
	assert_planned(plan__from_list(&plan, "test-walk:area=64k,test-gate:ring=0,test-plain",
				       &no_options, &err),
		       &err);
	assert_string_equal(plan__format_params(&plan.cells[0], false, buf, sizeof(buf)),
			    "area=64k");
	assert_string_equal(plan__format_params(&plan.cells[0], true, buf, sizeof(buf)),
			    "area=64k:pause=100ns:seed=1");
	assert_string_equal(plan__format_params(&plan.cells[0], true, buf, 12), "area=64k:pa");
	assert_string_equal(plan__format_params(&plan.cells[1], false, buf, sizeof(buf)), "ring=0");
	assert_string_equal(plan__format_params(&plan.cells[1], true, buf, sizeof(buf)),
			    "dir=in:ring=0");
	assert_string_equal(plan__format_params(&plan.cells[2], true, buf, sizeof(buf)), "");
	assert_string_equal(plan__format_param(&test_gate.params[0], 1, buf, sizeof(buf)), "in");
	assert_string_equal(plan__format_param(&test_gate.params[0], 2, buf, sizeof(buf)), "2");
	assert_string_equal(workload_group__name(GROUP_SCHED), "sched");
	assert_string_equal(workload_group__name(NR_GROUPS), "unknown");
	plan__free(&plan);
}

/* Options */

static void the_command_line_wins_over_the_job(void **state)
{
	static const char *const pairs[] = { "pages=2m", "vms=3", NULL };
	const struct plan_options opts = {
		.backend = "native",
		.config_pairs = pairs,
		.rounds = 5,
		.time_s = 2.5,
		.seed_set = true,
		.seed = 42,
	};
	static const char job[] = "[global]\nbackend=kvm\npages=4k\nrounds=9\ntime=60\nseed=7\n"
				  "irqchip=split\n[test-gate]\nvms=2\n";
	struct error err = { 0 };
	struct plan plan;

	(void)state;
	assert_planned(plan__from_text(&plan, "job.ini", job, &opts, &err), &err);
	assert_string_equal(plan.cells[0].backend, "native");
	assert_string_equal(plan.cells[0].config.name, "pages=2m irqchip=split vms=3");
	assert_int_equal(plan.rounds, 5);
	assert_true(plan.time_s == 2.5 && plan.seed_set && plan.seed == 42);
	plan__free(&plan);

	assert_planned(plan__from_text(&plan, "job.ini", job, &no_options, &err), &err);
	assert_string_equal(plan.cells[0].backend, "kvm");
	assert_string_equal(plan.cells[0].config.name, "pages=4k irqchip=split vms=2");
	assert_int_equal(plan.rounds, 9);
	assert_true(plan.time_s == 60 && plan.seed_set && plan.seed == 7);
	plan__free(&plan);
}

static void bad_options_are_not_blamed_on_the_job(void **state)
{
	static const char *const pairs[] = { "pages=8k", NULL };
	const struct plan_options config = { .config_pairs = pairs }, backend = { .backend = "" };
	struct error err = { 0 };
	struct plan plan;

	(void)state;
	assert_int_equal(plan__from_text(&plan, "job.ini", "[nonsense]\n", &config, &err), -EINVAL);
	assert_string_equal(err.text, "bad value '8k' for 'pages': use auto|4k|thp|2m|1g");
	assert_int_equal(plan__from_list(&plan, "test-gate", &config, &err), -EINVAL);
	assert_string_equal(err.text, "bad value '8k' for 'pages': use auto|4k|thp|2m|1g");
	assert_int_equal(plan__from_list(&plan, "test-gate", &backend, &err), -EINVAL);
	assert_string_equal(err.text,
			    "bad value '' for 'backend': 'hvbench list backends' shows them");
}

static void seeds_are_drawn_where_none_is_given(void **state)
{
	uint64_t first = 0;
	int same = 0;

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct error err = { 0 };
		struct plan plan;

		assert_planned(plan__from_list(&plan, "test-gate", &no_options, &err), &err);
		assert_false(plan.seed_set);
		if (!i)
			first = plan.seed;
		else
			same += plan.seed == first;
		plan__free(&plan);
	}
	assert_true(same < 3);
}

/* Job files */

static void jobs_are_planned_as_written(void **state)
{
	static const char job[] = "\xef\xbb\xbf# a comment, after a byte order mark: Größe\r\n"
				  "[small]   ; a comment\r\n"
				  "   workload = test-walk\n"
				  "   area: 8k  ; a comment\n"
				  "\tseed = 3\n"
				  "\n"
				  "[ test-gate ] # a comment\n"
				  "ring=0\n"
				  "[global]\n"
				  "description = what it is for: = and : and ünicode\n"
				  "rounds = 0x10\n"
				  "time = 1.5\n"
				  "seed = 11\n"
				  "area = 64k\n"
				  "pause = 0\n"
				  "ring = 3\n"
				  "pages = 4k\n"
				  "[large]\n"
				  "workload=test-walk\n"
				  "pages=thp\n"
				  "backend=native";
	struct error err = { 0 };
	struct plan plan;

	(void)state;
	assert_planned(plan__from_text(&plan, "dir/nightly.ini", job, &no_options, &err), &err);
	assert_string_equal(plan.name, "nightly");
	assert_string_equal(plan.what, "what it is for: = and : and ünicode");
	assert_int_equal(plan.rounds, 16);
	assert_true(plan.time_s == 1.5);
	assert_true(plan.seed_set && plan.seed == 11);
	assert_int_equal(plan.nr_cells, 3);

	assert_string_equal(plan.cells[0].section, "small");
	assert_true(plan.cells[0].workload == &test_walk);
	assert_int_equal(plan.cells[0].params[0], 8192);
	assert_int_equal(plan.cells[0].params[1], 0);
	assert_int_equal(plan.cells[0].params[2], 3);
	assert_string_equal(plan.cells[0].config.name, "pages=4k");
	assert_string_equal(plan.cells[0].backend, "kvm");

	assert_true(plan.cells[1].workload == &test_gate);
	assert_int_equal(plan.cells[1].ring, 0);

	assert_string_equal(plan.cells[2].section, "large");
	assert_int_equal(plan.cells[2].params[0], 65536);
	assert_int_equal(plan.cells[2].params[2], 1);
	assert_string_equal(plan.cells[2].config.name, "pages=thp");
	assert_string_equal(plan.cells[2].backend, "native");
	plan__free(&plan);
}

#define BYTES_198 \
	"a = 0123456789012345678901234567890123456789012345678901234567890123456789012345678" \
	"9012345678901234567890123456789012345678901234567890123456789012345678901234567890123456" \
	"789" \
	"012345678901234567890123"

static void comments_and_marks_stand_anywhere(void **state)
{
	static const char *const jobs[] = {
		"\xef\xbb\xbf\n[test-gate]\n",
		"\xef\xbb\xbf[test-gate]",
		"[test-gate];c\n",
		"[test-gate]#c\n",
		"#!/usr/bin/env hvbench\n;\n#\n  ; c\n[test-gate]\n\t# c\n",
		"[test-gate]\n# a comment may be as long as it likes: " BYTES_198 BYTES_198 "\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(jobs); i++) {
		struct error err = { 0 };
		struct plan plan;

		assert_planned(plan__from_text(&plan, "j", jobs[i], &no_options, &err), &err);
		assert_int_equal(plan.nr_cells, 1);
		plan__free(&plan);
	}
}

static void bounds_are_inclusive(void **state)
{
	static const char job[] = "[global]\np3=4\nrounds=10000\nseed=9223372036854775807\n"
				  "[a]\narea=1g\nworkload=test-walk\nbackend=fifteen-letters\n"
				  "[b]\narea=4k\nseed=18446744073709551615\nworkload=test-walk\n"
				  "[test-full]\n";
	struct error err = { 0 };
	struct plan plan;

	(void)state;
	assert_planned(plan__from_text(&plan, "bounds", job, &no_options, &err), &err);
	assert_string_equal(plan.name, "bounds");
	assert_int_equal(plan.cells[2].params[3], 4);
	assert_int_equal(plan.rounds, 10000);
	assert_true(plan.seed == INT64_MAX);
	assert_int_equal(plan.cells[0].params[0], 1 << 30);
	assert_string_equal(plan.cells[0].backend, "fifteen-letters");
	assert_int_equal(plan.cells[1].params[0], 4096);
	assert_true(plan.cells[1].params[2] == UINT64_MAX);
	plan__free(&plan);
}

static void times_take_units_or_are_seconds(void **state)
{
	static const struct {
		const char *text;
		double seconds;
	} table[] = {
		{ "30", 30 },  { "0.5", 0.5 },	 { "90s", 90 },	       { "1500ms", 1.5 },
		{ "5m", 300 }, { "1.5h", 5400 }, { "604800", 604800 }, { "100ms", 0.1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct error err = { 0 };
		struct plan plan;
		char job[100];

		snprintf(job, sizeof(job), "[global]\ntime=%s\n[test-gate]\n", table[i].text);
		assert_planned(plan__from_text(&plan, "t", job, &no_options, &err), &err);
		assert_true(plan.time_s == table[i].seconds);
		plan__free(&plan);
	}
}

static void damaged_jobs_are_reported_with_line_and_reason(void **state)
{
	static const struct {
		const char *job, *text;
	} bad[] = {
		/* Lines */
		{ "[test-gate]\ndir in\n", "2: 'dir in' is neither KEY = VALUE nor a [section]" },
		{ "[test-gate]\n\n# x\ndir", "4: 'dir' is neither KEY = VALUE nor a [section]" },
		{ "[test-gate]\ndir ; = in\n[x]\n",
		  "2: 'dir ; = in' is neither KEY = VALUE nor a [section]" },
		{ "[test-gate]\n= in\n", "2: a value without a key before the =" },
		{ "[test-gate]\ndir =\n", "2: 'dir' has no value" },
		{ "[test-gate]\ndir = ; in\n", "2: 'dir' has no value" },
		{ "dir = in\n[test-gate]\n",
		  "1: 'dir' stands before any section: put it under [global] or a workload's" },
		{ "[test-gate\n", "1: a section's closing ] is missing" },
		{ "\n[test-gate ; ]\n[", "3: a section's closing ] is missing" },
		{ "[]\n", "1: a section without a name: write [WORKLOAD] or [global]" },
		{ "[ \t ]\n", "1: a section without a name: write [WORKLOAD] or [global]" },
		{ "[test-gate] dir=in\n",
		  "1: text after the section's ]: keys go on lines of their own" },
		{ "[test-gate]x ; dir=in\n",
		  "1: text after the section's ]: keys go on lines of their own" },
		{ "[test-gate]]\n",
		  "1: text after the section's ]: keys go on lines of their own" },
		{ "[0123456789012345678901234567890123456789012345678901234567890123]\n",
		  "1: the section's name is longer than 63 characters" },
		/* Bytes */
		{ "[test-gate]\ndir = in\x01\n",
		  "2: control character U+0001: is this a job file?" },
		{ "[test-gate]\n# \x1b[31mred\n",
		  "2: control character U+001B: is this a job file?" },
		{ "[test-gate]\rdir=in\n", "1: control character U+000D: is this a job file?" },
		{ "\x7f"
		  "ELF\x02\x01",
		  "1: control character U+007F: is this a job file?" },
		{ "[test-gate]\ndir = \xff\xfe\n",
		  "2: byte 0xff is not UTF-8: is this a job file?" },
		{ "# \xc3\n", "1: byte 0xc3 is not UTF-8: is this a job file?" },
		{ "[test-gate]\n# \xe2\x80\xaenoitceles\n",
		  "2: control character U+202E: is this a job file?" },
		{ "\n\xef\xbb\xbf[test-gate]\n",
		  "2: control character U+FEFF: is this a job file?" },
		/* Twice */
		{ "[test-gate]\n[test-walk]\n[test-gate]\n",
		  "3: section [test-gate] was there already on line 1: "
		  "give this one another name and workload=NAME" },
		{ "[a]\nworkload=test-gate\n[b]\nworkload=test-walk\n[b]\n",
		  "5: section [b] was there already on line 3: "
		  "give this one another name and workload=NAME" },
		{ "[global]\n[test-gate]\n[global]\n",
		  "3: section [global] was there already on line 1" },
		{ "[test-gate]\ndir=in\nring=0\ndir=out\n", "4: 'dir' was set already on line 2" },
		{ "[test-gate]\nring=0\ndir=in\npages=4k\ndir=out\n",
		  "5: 'dir' was set already on line 3" },
		{ "[test-gate]\nbackend=sixteen--letters\n",
		  "2: bad value 'sixteen--letters' for 'backend': "
		  "'hvbench list backends' shows them" },
		{ "[test-gate]\n[again]\nworkload=test-gate\n",
		  "2: 'again' measures the same as 'test-gate' "
		  "(test-gate on kvm, configuration default): leave one out" },
		/* Workloads */
		{ "[test-gat]\n",
		  "1: unknown workload 'test-gat': did you mean 'test-gate'? (a section of any "
		  "other name needs workload=NAME)" },
		{ "[nonsense]\n",
		  "1: unknown workload 'nonsense': 'hvbench list workloads' shows them (a section "
		  "of any other name needs workload=NAME)" },
		{ "[mine]\nring=0\nwrokload=test-gate\n",
		  "3: unknown key 'wrokload': did you mean 'workload'?" },
		{ "[mine]\nworkload=test-wlak\n",
		  "2: unknown workload 'test-wlak': did you mean 'test-walk'?" },
		{ "[test-gate]\n[mine]\nworkload=global\n",
		  "3: unknown workload 'global': 'hvbench list workloads' shows them" },
		/* Keys */
		{ "[test-gate]\nrnig=0\n", "2: unknown key 'rnig': did you mean 'ring'?" },
		{ "[test-gate]\npage=4k\n", "2: unknown key 'page': did you mean 'pages'?" },
		{ "[test-gate]\narea=4k\n",
		  "2: unknown key 'area' for test-gate: 'hvbench list' shows parameters "
		  "and configuration keys" },
		{ "[test-gate]\nrounds=4\n",
		  "2: 'rounds' is the whole run's: put it under [global]" },
		{ "[test-gate]\ndescription=x\n",
		  "2: 'description' is the whole run's: put it under [global]" },
		{ "[global]\nround=4\n[test-gate]\n",
		  "2: unknown key 'round': did you mean 'rounds'?" },
		{ "[global]\nelephant=4\n[test-gate]\n",
		  "2: unknown key 'elephant' for [global]: 'hvbench list' "
		  "shows parameters and configuration keys" },
		{ "[global]\nworkload=test-gate\n[test-gate]\n",
		  "2: 'workload' is one section's, not [global]'s" },
		{ "[global]\n\narea=4k\n[test-gate]\n", "3: no workload of this job takes 'area'" },
		{ "[global]\nring=0\n[test-walk]\n", "2: no workload of this job takes 'ring'" },
		/* Values */
		{ "[test-walk]\narea=4k 8k\n",
		  "2: bad value '4k 8k' for 'area' of test-walk: use a size from 4k to 1g" },
		{ "[test-walk]\nseed=1.5\n",
		  "2: bad value '1.5' for 'seed' of test-walk: use a number from 0 to "
		  "18446744073709551615" },
		{ "[test-gate]\ndir=In\n", "2: bad value 'In' for 'dir' of test-gate: use out|in" },
		{ "[test-gate]\nring=2\n", "2: bad value '2' for 'ring': use 0|3" },
		{ "[test-walk]\nring=0\n",
		  "2: bad value '0' for 'ring': test-walk runs in ring 3 only" },
		{ "[test-gate]\npages=5k\n",
		  "2: bad value '5k' for 'pages': use auto|4k|thp|2m|1g" },
		{ "[test-gate]\nbackend=a-very-long-backend\n",
		  "2: bad value 'a-very-long-backend' for "
		  "'backend': 'hvbench list backends' shows them" },
		{ "[global]\nvms=0\n[test-gate]\n", "2: bad value '0' for 'vms': use 1..4096" },
		{ "[global]\nrounds=0\n[test-gate]\n",
		  "2: bad value '0' for 'rounds': use 1..10000" },
		{ "[global]\nrounds=10001\n[test-gate]\n",
		  "2: bad value '10001' for 'rounds': use 1..10000" },
		{ "[global]\ntime=soon\n[test-gate]\n",
		  "2: bad value 'soon' for 'time': use seconds, or a "
		  "time such as 500ms or 5m, from 100ms to a week" },
		{ "[global]\ntime=0\n[test-gate]\n",
		  "2: bad value '0' for 'time': use seconds, or a "
		  "time such as 500ms or 5m, from 100ms to a week" },
		{ "[global]\ntime=99ms\n[test-gate]\n",
		  "2: bad value '99ms' for 'time': use seconds, or a "
		  "time such as 500ms or 5m, from 100ms to a week" },
		{ "[global]\ntime=604801\n[test-gate]\n",
		  "2: bad value '604801' for 'time': use seconds, or a "
		  "time such as 500ms or 5m, from 100ms to a week" },
		{ "[global]\nseed=9223372036854775808\n[test-gate]\n",
		  "2: bad value '9223372036854775808' for "
		  "'seed': use 0..9223372036854775807" },
		/* Nothing to do */
		{ "", " the job is empty: add a section such as [pio-user]" },
		{ "\n; nothing\n", " the job is empty: add a section such as [pio-user]" },
		{ "[global]\npages=4k\n", " the job is empty: add a section such as [pio-user]" },
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

static void long_lines_are_read_whole(void **state)
{
	static const char job[] = "[test-gate]\n" BYTES_198 BYTES_198 BYTES_198 "\n";
	const char *value = strstr(job, "= ") + 2;
	struct jobfile file;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(jobfile__parse(&file, "j", job, strlen(job), &err), 0);
	assert_int_equal(file.sections[0].nr_keys, 1);
	assert_string_equal(file.sections[0].keys[0].name, "a");
	assert_int_equal(strlen(file.sections[0].keys[0].value), strlen(value) - 1);
	assert_memory_equal(file.sections[0].keys[0].value, value, strlen(value) - 1);
	jobfile__free(&file);
}

/* A text made by repeating a line, each time with its number. */
static char *repeat(const char *head, const char *format, int times)
{
	size_t len = 0, size = 0;
	FILE *stream;
	char *text;

	stream = open_memstream(&text, &size);
	assert_non_null(stream);
	len += (size_t)fprintf(stream, "%s", head);
	for (int i = 0; i < times; i++)
		len += (size_t)fprintf(stream, format, i);
	assert_int_equal(fclose(stream), 0);
	assert_int_equal(len, size);
	return text;
}

static void too_much_of_anything_is_refused(void **state)
{
	static const struct {
		const char *head, *format;
		int times;
		const char *text;
	} much[] = {
		{ "", "[s%d]\nworkload=test-gate\n", 1025, "big:2049: more than 1024 sections" },
		{ "[test-gate]\n", "k%d=1\n", 65,
		  "big:66: more than 64 keys in section [test-gate]" },
		{ "[test-gate]\n", "# %040d a comment of some length, again and again and again\n",
		  12000, "big: larger than 1024 KiB: is this a job file?" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(much); i++) {
		char *text = repeat(much[i].head, much[i].format, much[i].times);
		struct error err = { 0 };
		struct plan plan;

		assert_int_equal(plan__from_text(&plan, "big", text, &no_options, &err), -EBADMSG);
		assert_string_equal(err.text, much[i].text);
		free(text);
	}
}

static void large_lists_are_bounded(void **state)
{
	char *list = repeat("test-plain", ",test-walk:seed=%d", 4095);
	struct error err = { 0 };
	struct plan plan;

	(void)state;
	assert_planned(plan__from_list(&plan, list, &no_options, &err), &err);
	assert_int_equal(plan.nr_cells, 4096);
	plan__free(&plan);
	free(list);
	list = repeat("test-plain", ",test-walk:seed=%d", 4096);
	assert_int_equal(plan__from_list(&plan, list, &no_options, &err), -E2BIG);
	assert_string_equal(err.text, "-w: more than 4096 cells in one run");
	free(list);
}

/* Files */

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void assert_file_refused(const char *path, int code, const char *format)
{
	struct error err = { 0 };
	struct plan plan;
	char want[500];
	int ret;

	ret = plan__from_job(&plan, path, &no_options, &err);
	snprintf(want, sizeof(want), format, path);
	assert_string_equal(err.text, want);
	assert_int_equal(ret, code);
}

struct files {
	char dir[40], job[60];
};

static int make_files(void **state)
{
	struct files *files = calloc(1, sizeof(*files));

	*state = files;
	if (!files)
		return -1;
	strcpy(files->dir, "/tmp/test_plan.XXXXXX");
	if (!mkdtemp(files->dir))
		return -1;
	snprintf(files->job, sizeof(files->job), "%s/my.job.ini", files->dir);
	return 0;
}

static int remove_files(void **state)
{
	struct files *files = *state;
	int ret = geteuid() == getuid() ? 0 : seteuid(getuid());

	unlink(files->job);
	ret |= rmdir(files->dir);
	free(files);
	return ret;
}

static void files_are_read_and_refused(void **state)
{
	const struct files *files = *state;
	const char *path = files->job;
	char *big = calloc(1, (1 << 20) + 1);
	struct error err = { 0 };
	struct plan plan;

	assert_non_null(big);

	assert_file_refused(path, -ENOENT,
			    "cannot read the job file '%s': No such file or directory");
	write_file(path, "[test-gate]\n", 12);
	assert_planned(plan__from_job(&plan, path, &no_options, &err), &err);
	assert_string_equal(plan.name, "my.job");
	assert_int_equal(plan.nr_cells, 1);
	plan__free(&plan);
	write_file(path, "[test-gate]\ndir=in\0ring=9\n", 26);
	assert_file_refused(path, -EBADMSG, "%s:2: control character U+0000: is this a job file?");
	memset(big, '\n', (1 << 20) + 1);
	write_file(path, big, (1 << 20) + 1);
	assert_file_refused(path, -EBADMSG, "%s: larger than 1024 KiB: is this a job file?");
	write_file(path, big, 1 << 20);
	assert_file_refused(path, -EBADMSG,
			    "%s: the job is empty: add a section such as [pio-user]");
	assert_file_refused(files->dir, -EISDIR, "cannot read the job file '%s': Is a directory");
	assert_file_refused("/dev/zero", -EBADMSG, "%s: larger than 1024 KiB: is this a job file?");
	if (!geteuid()) {
		assert_int_equal(seteuid(65534), 0);
		assert_file_refused(path, -EACCES,
				    "cannot read the job file '%s': Permission denied");
		assert_int_equal(seteuid(0), 0);
	}
	free(big);
}

static void unknown_jobs_name_the_shipped_ones(void **state)
{
	struct error err = { 0 };
	struct plan plan;

	(void)state;
	assert_int_equal(plan__from_job(&plan, "quik", &no_options, &err), -ENOENT);
	assert_string_equal(err.text,
			    "no job 'quik', neither shipped nor a file: did you mean 'quick'?");
	assert_int_equal(plan__from_job(&plan, "elephant", &no_options, &err), -ENOENT);
	assert_non_null(
		strstr(err.text, "no job 'elephant', neither shipped nor a file; shipped are "));
	assert_non_null(strstr(err.text, "lifecycle"));
}

/* However a job is damaged, the outcome is a plan, or a message with a place in it. */
static void mutated_jobs_are_planned_or_refused(void **state)
{
	static const char seed_job[] = "# "
				       "c\n[global]\ndescription=d\nrounds=3\ntime=1s\nseed="
				       "5\npages=4k\n[test-gate]\nring=0\n"
				       "dir=in\n[w]\nworkload=test-walk ; "
				       "c\narea=64k\npin=0-3,7\nsched=fifo:3\n[test-plain]\n";
	static const char spice[] = "[]=:;#\n\r\t \\\"'+-0k\x80\xc3\xef\xff";
	int planned = 0, refused = 0;
	struct rng rng;

	(void)state;
	rng__seed(&rng, 2);
	for (int i = 0; i < 20000; i++) {
		size_t len = sizeof(seed_job) - 1, changes = 1 + rng__below(&rng, 4);
		char *job = calloc(1, len + 1);
		struct error err = { 0 };
		struct plan plan;

		assert_non_null(job);
		memcpy(job, seed_job, len);
		while (changes--) {
			char *at = job + rng__below(&rng, len);

			switch (rng__below(&rng, 4)) {
			case 0:
				*at = spice[rng__below(&rng, sizeof(spice) - 1)];
				break;
			case 1:
				*at = (char)(1 + rng__below(&rng, 255));
				break;
			case 2:
				memmove(at, at + 1, strlen(at + 1) + 1);
				break;
			default:
				*at = job[rng__below(&rng, len)];
			}
		}
		if (!plan__from_text(&plan, "m", job, &no_options, &err)) {
			assert_true(plan.nr_cells >= 1);
			plan__free(&plan);
			planned++;
		} else {
			assert_int_equal(err.code, -EBADMSG);
			assert_memory_equal(err.text, "m:", 2);
			refused++;
		}
		free(job);
	}
	assert_true(planned > 200 && refused > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_planned_as_written),
		cmocka_unit_test(bad_lists_are_refused),
		cmocka_unit_test(what_formats_is_read_back),
		cmocka_unit_test(parameters_are_formatted_for_people),
		cmocka_unit_test(the_command_line_wins_over_the_job),
		cmocka_unit_test(bad_options_are_not_blamed_on_the_job),
		cmocka_unit_test(seeds_are_drawn_where_none_is_given),
		cmocka_unit_test(jobs_are_planned_as_written),
		cmocka_unit_test(comments_and_marks_stand_anywhere),
		cmocka_unit_test(bounds_are_inclusive),
		cmocka_unit_test(times_take_units_or_are_seconds),
		cmocka_unit_test(damaged_jobs_are_reported_with_line_and_reason),
		cmocka_unit_test(long_lines_are_read_whole),
		cmocka_unit_test(too_much_of_anything_is_refused),
		cmocka_unit_test(large_lists_are_bounded),
		cmocka_unit_test_setup_teardown(files_are_read_and_refused, make_files,
						remove_files),
		cmocka_unit_test(unknown_jobs_name_the_shipped_ones),
		cmocka_unit_test(mutated_jobs_are_planned_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
