// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Working sets by the host's caches: well inside a level, the same each time, and a default where
 * the sizes are not known.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/host/cache.h"
#include "bench/measure/host_traits.h"
#include "bench/plan/list.h"
#include "bench/plan/plan.h"

#define KIB 1024ull
#define MIB (1024 * KIB)

static char root[256];

static void put(const char *dir, const char *name, const char *text)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "mkdir -p %s/sys/devices/system/cpu/cpu0/cache/%s", root, dir);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/cpu0/cache/%s/%s", root, dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void put_cache(const char *dir, const char *level, const char *type, const char *size)
{
	put(dir, "level", level);
	put(dir, "type", type);
	put(dir, "size", size);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "%s/hvbench-cache-XXXXXX", getenv("TMP") ?: "/tmp");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void sizes_are_read(void **state)
{
	struct host_caches caches;

	(void)state;
	put_cache("index0", "1\n", "Data\n", "32K\n");
	put_cache("index1", "1\n", "Instruction\n", "64K\n");
	put_cache("index2", "2\n", "Unified\n", "1024K\n");
	put_cache("index3", "3\n", "Unified\n", "32768K\n");
	host_caches__read(&caches, root);
	assert_int_equal(caches.l1_bytes, 32 * KIB);
	assert_int_equal(caches.l2_bytes, MIB);
	assert_int_equal(caches.last_bytes, 32 * MIB);
	put("index2", "size", "nonsense\n");
	host_caches__read(&caches, root);
	assert_int_equal(caches.l2_bytes, 0);
	assert_int_equal(caches.last_bytes, 32 * MIB);
	host_caches__read(&caches, "/no/such/root");
	assert_int_equal(caches.l1_bytes + caches.l2_bytes + caches.last_bytes, 0);
}

static void working_sets_lie_off_the_edges(void **state)
{
	static const struct {
		uint64_t l1, l2, last, in_l2, in_last;
	} hosts[] = {
		{ 32 * KIB, MIB, 32 * MIB, 256 * KIB, 8 * MIB },
		{ 48 * KIB, 2 * MIB, 36 * MIB, 512 * KIB, 9 * MIB },
		{ 48 * KIB, 1280 * KIB, 54 * MIB, 320 * KIB, 27 * MIB / 2 },
		{ 32 * KIB, 256 * KIB, 8 * MIB, 128 * KIB, 2 * MIB },
		/* The second level is the last; or nothing is known: the caller's default. */
		{ 32 * KIB, 4 * MIB, 4 * MIB, MIB, 1 },
		{ 0, 0, 0, 1, 1 },
		/* Levels too close to tell apart. */
		{ 64 * KIB, 256 * KIB, MIB, 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct host_caches caches = { hosts[i].l1, hosts[i].l2, hosts[i].last };

		assert_int_equal(host_caches__inside_l2(&caches, 1), hosts[i].in_l2);
		assert_int_equal(host_caches__inside_last(&caches, 1), hosts[i].in_last);
	}
}

static void defaults_are_values_and_named(void **state)
{
	struct host_caches caches;
	struct plan_options options = { .rounds = 1 };
	struct plan plan;
	struct error err = { 0 };
	char text[128], want[160];

	(void)state;
	host_caches__read(&caches, "");
	if (plan__from_list(
		    &plan, "chase,bandwidth,chase:stride=128:working_set=auto,chase:working_set=1m",
		    &options, &err))
		fail_msg("%s", err.text);
	for (int i = 0; i < 3; i++) {
		const struct workload *w = plan.cells[i].workload;
		uint64_t bytes = plan.cells[i].params[0];

		assert_int_equal(bytes, workload__default(w, 0));
		assert_int_equal(bytes,
				 w->cache == CACHE_L2 ?
					 host_caches__inside_l2(&caches, w->params[0].value) :
					 host_caches__inside_last(&caches, w->params[0].value));
		/* Without its size, the label would mean another size on another host. */
		plan__format_param(&w->params[0], bytes, text, sizeof(text));
		snprintf(want, sizeof(want), "working_set=%s%s", text, i == 2 ? ":stride=128" : "");
		assert_string_equal(plan__format_params(&plan.cells[i], false, text, sizeof(text)),
				    want);
	}
	assert_int_equal(plan.cells[3].params[0], MIB);
	plan__free(&plan);
	assert_int_equal(plan__from_list(&plan, "touch:working_set=auto", &options, &err), -EINVAL);
	assert_int_equal(plan__from_list(&plan, "chase:working_set=some", &options, &err), -EINVAL);
	assert_non_null(strstr(err.text, "or auto"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sizes_are_read, set_up, tear_down),
		cmocka_unit_test(working_sets_lie_off_the_edges),
		cmocka_unit_test(defaults_are_values_and_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
