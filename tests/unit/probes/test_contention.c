// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who had the CPUs, from files in the forms of both cgroup versions, of containers and of different
 * kernels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/contention.h"

static char root[64];

static int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/test-contention.XXXXXX");
	return !mkdtemp(root);
}

static int remove_root(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static void put(const char *path, const char *text)
{
	char file[512];
	FILE *f;

	snprintf(file, sizeof(file), "%s%s", root, path);
	for (char *at = strchr(file + strlen(root) + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(file, 0755);
		*at = '/';
	}
	f = fopen(file, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void reads(struct contention_files *files, struct contention *before, struct contention *sum,
		  const char *path, const char *text)
{
	struct contention now;

	if (path)
		put(path, text);
	contention__read(files, &now);
	contention__add(sum, before, &now);
}

static void quotas_of_version_1_are_read(void **state)
{
	struct contention_files files;
	struct contention before, sum = { 0 };
	char text[256];

	(void)state;
	put("/proc/self/mountinfo",
	    "30 29 0:26 / /sys/fs/cgroup/memory rw shared:1 - cgroup cgroup rw,memory\n"
	    "31 29 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:2 - cgroup cgroup rw,cpu,cpuacct\n"
	    "32 29 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n");
	put("/proc/self/cgroup", "9:cpuset:/set\n4:cpu,cpuacct:/a/b\n0::/a/b\n");
	put("/sys/fs/cgroup/cpu,cpuacct/cpu.stat",
	    "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n");
	put("/sys/fs/cgroup/cpu,cpuacct/a/cpu.stat",
	    "nr_periods 10\nnr_throttled 2\nthrottled_time 1000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.stat",
	    "nr_periods 100\nnr_throttled 5\nthrottled_time 5000\n");
	contention__find(&files, root);
	assert_int_equal(files.nr_quotas, 3);
	contention__read(&files, &before);
	assert_int_equal(before.periods, 110);
	reads(&files, &before, &sum, "/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.stat",
	      "nr_periods 220\nnr_throttled 94\nthrottled_time 2000005000\n");
	assert_int_equal(sum.periods, 120);
	assert_int_equal(sum.throttled, 89);
	assert_int_equal(sum.throttled_ns, 2000000000);
	contention__quota_text(&sum, text, sizeof(text));
	assert_non_null(strstr(text, "in 89 of 120 periods, for 2.00 s"));
	contention__free(&files);
}

static void quotas_of_version_2_are_read(void **state)
{
	struct contention_files files;
	struct contention before, sum = { 0 };

	(void)state;
	put("/proc/self/mountinfo",
	    "31 29 0:27 / /sys/fs/cgroup rw shared:2 - cgroup2 cgroup2 rw,nsdelegate\n");
	put("/proc/self/cgroup", "0::/user.slice/a\n");
	put("/sys/fs/cgroup/cpu.stat", "usage_usec 5\nuser_usec 1\nsystem_usec 4\n");
	put("/sys/fs/cgroup/user.slice/cpu.stat", "usage_usec 5\n");
	put("/sys/fs/cgroup/user.slice/a/cpu.stat",
	    "usage_usec 5\nnr_periods 1\nnr_throttled 1\nthrottled_usec 7\n");
	contention__find(&files, root);
	assert_int_equal(files.nr_quotas, 1);
	contention__read(&files, &before);
	reads(&files, &before, &sum, "/sys/fs/cgroup/user.slice/a/cpu.stat",
	      "usage_usec 5\nnr_periods 11\nnr_throttled 3\nthrottled_usec 1007\n");
	assert_int_equal(sum.periods, 10);
	assert_int_equal(sum.throttled, 2);
	assert_int_equal(sum.throttled_ns, 1000000);
	contention__free(&files);
}

static void quotas_of_a_container_are_found(void **state)
{
	struct contention_files files;

	(void)state;
	/* The path is the host's, of which only the container's part is mounted. */
	put("/proc/self/mountinfo",
	    "31 29 0:27 /docker/77 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
	put("/proc/self/cgroup", "4:cpu:/docker/77\n");
	put("/sys/fs/cgroup/cpu/cpu.stat", "nr_periods 1\nnr_throttled 0\nthrottled_time 0\n");
	contention__find(&files, root);
	assert_int_equal(files.nr_quotas, 1);
	contention__free(&files);
	put("/proc/self/cgroup", "4:cpu:/../elsewhere\n");
	contention__find(&files, root);
	assert_int_equal(files.nr_quotas, 1);
	contention__free(&files);
	put("/proc/self/mountinfo", "31 29 0:27 /\n - \n31 - cgroup\n");
	contention__find(&files, root);
	assert_int_equal(files.nr_quotas, 0);
	contention__free(&files);
}

static void others_are_what_is_not_our_own(void **state)
{
	struct contention c = {
		.known = true, .cpus = 2, .wall_ns = 1000, .busy_ns = 1900, .own_ns = 600
	};
	char text[256];

	(void)state;
	assert_true(contention__others(&c) > 1.29 && contention__others(&c) < 1.31);
	contention__busy_text(&c, text, sizeof(text));
	assert_non_null(strstr(text, "others had 1.3 of 2 CPUs"));
	c.busy_ns = 700;
	contention__busy_text(&c, text, sizeof(text));
	assert_string_equal(text, "");
	c.steal_ns = 600;
	contention__busy_text(&c, text, sizeof(text));
	assert_non_null(strstr(text, "kept 0.6"));
	c.known = false;
	contention__busy_text(&c, text, sizeof(text));
	assert_string_equal(text, "");
}

static void cpus_are_read(void **state)
{
	struct contention_files files;
	struct contention before, sum = { 0 };
	unsigned int cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);

	(void)state;
	put("/proc/stat", "cpu  1 1 1 1 1 1 1 1 0 0\ncpu0 10 0 10 500 0 0 0 0 0 0\nintr 1\n");
	contention__find(&files, root);
	contention__read(&files, &before);
	assert_int_equal(before.known, true);
	assert_int_equal(before.cpus, 1);
	reads(&files, &before, &sum, "/proc/stat", "cpu0 60 0 20 500 0 10 10 30 0 0\n");
	assert_int_equal(sum.busy_ns, 800000000);
	assert_int_equal(sum.steal_ns, 300000000);
	contention__free(&files);
	contention__find(&files, "");
	contention__read(&files, &before);
	assert_true(before.known && before.cpus >= 1 && before.cpus <= cpus);
	contention__free(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(quotas_of_version_1_are_read, make_root,
						remove_root),
		cmocka_unit_test_setup_teardown(quotas_of_version_2_are_read, make_root,
						remove_root),
		cmocka_unit_test_setup_teardown(quotas_of_a_container_are_found, make_root,
						remove_root),
		cmocka_unit_test(others_are_what_is_not_our_own),
		cmocka_unit_test_setup_teardown(cpus_are_read, make_root, remove_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
