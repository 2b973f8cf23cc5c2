// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which event counts page walks: chosen by the PMU's own names where it has them, else by the CPU's
 * generation if that is known, else none, with the reason.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "probes/page_walks.h"

#define NONE UINT64_MAX

/*
 * load, store, data, fetch, cycles of loads, of nested tables; figures from the vendors' event
 * lists
 */
static const struct {
	struct page_walk_cpu cpu;
	uint64_t config[NR_PAGE_WALKS];
} known[] = {
	{ { "GenuineIntel", 6, 0x2d }, { 0x0208, 0x0249, NONE, 0x0285, 0x0408, 0x104f } },
	{ { "GenuineIntel", 6, 0x3e }, { 0x8208, 0x0249, NONE, 0x0285, 0x8408, 0x104f } },
	{ { "GenuineIntel", 6, 0x3f }, { 0x0e08, 0x0e49, NONE, 0x0e85, 0x1008, 0x104f } },
	{ { "GenuineIntel", 6, 0x4f }, { 0x0e08, 0x0e49, NONE, 0x0e85, 0x1008, 0x104f } },
	{ { "GenuineIntel", 6, 0x55 }, { 0x0e08, 0x0e49, NONE, 0x0e85, 0x1001008, 0x104f } },
	{ { "GenuineIntel", 6, 0x6a }, { 0x0e08, 0x0e49, NONE, 0x0e85, 0x1001008, NONE } },
	{ { "GenuineIntel", 6, 0x8f }, { 0x0e12, 0x0e13, NONE, 0x0e11, 0x1001012, NONE } },
	{ { "GenuineIntel", 6, 0xad }, { 0x0e12, 0x0e13, NONE, 0x0e11, NONE, NONE } },
	{ { "AuthenticAMD", 0x17, 0x01 }, { NONE, NONE, 0xf045, NONE, NONE, NONE } },
	{ { "AuthenticAMD", 0x17, 0x31 }, { NONE, NONE, 0xf045, 0x0785, NONE, NONE } },
	{ { "HygonGenuine", 0x18, 0x00 }, { NONE, NONE, 0xf045, NONE, NONE, NONE } },
	{ { "AuthenticAMD", 0x19, 0x01 }, { NONE, NONE, 0xf045, 0x0f85, NONE, NONE } },
	{ { "AuthenticAMD", 0x19, 0x11 }, { NONE, NONE, 0xf045, 0x0f85, NONE, NONE } },
	{ { "AuthenticAMD", 0x1a, 0x02 }, { NONE, NONE, 0xf045, 0x0f85, NONE, NONE } },
};

static void each_generation_has_its_events(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		for (int w = 0; w < NR_PAGE_WALKS; w++) {
			uint64_t config = NONE;
			char why[128] = "";
			int ret = page_walks__encode(&known[i].cpu, w, &config, why, sizeof(why));

			if (ret)
				config = NONE;
			if (config != known[i].config[w])
				fail_msg("%s %x/%x, event %d: %llx", known[i].cpu.vendor,
					 known[i].cpu.family, known[i].cpu.model, w,
					 (unsigned long long)config);
			assert_true(!ret == !*why);
		}
	}
}

static void other_cpus_are_not_guessed(void **state)
{
	static const struct page_walk_cpu others[] = {
		{ "GenuineIntel", 6, 0x5c },
		{ "GenuineIntel", 15, 6 },
		{ "GenuineIntel", 6, 0 },
		{ "AuthenticAMD", 0x15, 2 },
		{ "AuthenticAMD", 6, 0x55 },
		{ "CentaurHauls", 7, 0x3b },
		{ "", 0, 0 },
	};
	uint64_t config;
	char why[128];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		for (int w = 0; w < NR_PAGE_WALKS; w++) {
			*why = '\0';
			assert_int_equal(page_walks__encode(&others[i], w, &config, why,
							    sizeof(why)),
					 -ENOENT);
			assert_non_null(strstr(why, *others[i].vendor ? others[i].vendor : "PMU"));
		}
	}
}

/* The files of a made-up host, below a directory of their own. */
static char root[] = "/tmp/hvbench-page-walks-XXXXXX";

static void put(const char *path, const char *text)
{
	char full[512], *slash;
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (slash = full + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

#define PMUS "/sys/bus/event_source/devices"

static int make_root(void **state)
{
	(void)state;
	memset(root + strlen(root) - 6, 'X', 6);
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static void without_a_pmu_nothing_is_counted(void **state)
{
	struct page_walk_event e[NR_PAGE_WALKS];

	(void)state;
	put("/proc/cpuinfo",
	    "vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n");
	put(PMUS "/software/type", "1\n");
	page_walks__find(root, e);
	for (int i = 0; i < NR_PAGE_WALKS; i++) {
		assert_false(e[i].known);
		assert_non_null(e[i].name);
		assert_non_null(strstr(e[i].why, "no PMU"));
	}
	put(PMUS "/cpu/type", "4\n");
	page_walks__find(root, e);
	assert_true(e[PAGE_WALKS_DATA].known);
	assert_int_equal(e[PAGE_WALKS_DATA].type, 4);
	assert_int_equal(e[PAGE_WALKS_DATA].config, 0xf045);
	assert_false(e[PAGE_WALKS_LOAD].known);
	assert_non_null(strstr(e[PAGE_WALKS_LOAD].why, "page_walks_data"));
	assert_string_equal(e[PAGE_WALKS_DATA].name, "page_walks_data");
}

/* The large cores of a hybrid CPU have a PMU with another type; "model name" is not "model". */
static void the_pmu_s_type_is_used(void **state)
{
	struct page_walk_event e[NR_PAGE_WALKS];

	(void)state;
	put("/proc/cpuinfo",
	    "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 151\nmodel name\t: 12th Gen\n\n"
	    "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n");
	put(PMUS "/cpu_atom/type", "10\n");
	put(PMUS "/cpu_core/type", "8\n");
	page_walks__find(root, e);
	assert_true(e[PAGE_WALK_CYCLES_LOAD].known);
	assert_int_equal(e[PAGE_WALK_CYCLES_LOAD].type, 8);
	assert_int_equal(e[PAGE_WALK_CYCLES_LOAD].config, 0x1001012);
}

static void names_of_the_pmu_come_first(void **state)
{
	struct page_walk_event e[NR_PAGE_WALKS];

	(void)state;
	put("/proc/cpuinfo", "processor\t: 0\nBogoMIPS\t: 50.00\nCPU part\t: 0xd0c\n");
	put(PMUS "/armv8_pmuv3_0/type", "9\n");
	put(PMUS "/armv8_pmuv3_0/format/event", "config:0-15\n");
	put(PMUS "/armv8_pmuv3_0/events/dtlb_walk", "event=0x0034\n");
	put(PMUS "/armv8_pmuv3_0/events/itlb_walk", "event=0x0035\n");
	page_walks__find(root, e);
	assert_true(e[PAGE_WALKS_DATA].known && e[PAGE_WALKS_FETCH].known);
	assert_int_equal(e[PAGE_WALKS_DATA].type, 9);
	assert_int_equal(e[PAGE_WALKS_DATA].config, 0x34);
	assert_int_equal(e[PAGE_WALKS_FETCH].config, 0x35);
	assert_false(e[PAGE_WALK_CYCLES_LOAD].known);
	assert_non_null(strstr(e[PAGE_WALK_CYCLES_LOAD].why, "does not name"));
}

/* Formats split over the word, and formats that make no sense. */
static void events_are_put_where_their_format_says(void **state)
{
	static const char *const bad[] = { "config1:0-7\n",  "config:\n",    "config:9-3\n",
					   "config:60-70\n", "config:0-3\n", "" };
	struct page_walk_event e[NR_PAGE_WALKS];

	(void)state;
	put(PMUS "/cpu/type", "4\n");
	put(PMUS "/cpu/format/event", "config:0-7,32-35\n");
	put(PMUS "/cpu/format/umask", "config:8-15\n");
	put(PMUS "/cpu/format/edge", "config:18\n");
	put(PMUS "/cpu/events/dtlb_walk", "event=0x1c4,umask=0xf,edge\n");
	page_walks__find(root, e);
	assert_true(e[PAGE_WALKS_DATA].known);
	assert_true(e[PAGE_WALKS_DATA].config == (0xc4 | 0xf00 | 1 << 18 | 1ull << 32));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		put(PMUS "/cpu/format/event", bad[i]);
		page_walks__find(root, e);
		assert_false(e[PAGE_WALKS_DATA].known);
	}
	put(PMUS "/cpu/events/dtlb_walk", "../../../etc/passwd=1\n");
	page_walks__find(root, e);
	assert_false(e[PAGE_WALKS_DATA].known);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_generation_has_its_events),
		cmocka_unit_test(other_cpus_are_not_guessed),
		TEST(without_a_pmu_nothing_is_counted),
		TEST(the_pmu_s_type_is_used),
		TEST(names_of_the_pmu_come_first),
		TEST(events_are_put_where_their_format_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
