// SPDX-License-Identifier: GPL-2.0-or-later
/* CPUs and NUMA nodes: what pin=, numa= and overcommit= mean on this machine. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/backends/setup.h"
#include "bench/vmm/placement.h"

static struct config make(const char *pair, const char *second)
{
	struct config config;
	struct error err = { 0 };

	config__init(&config);
	if (config__set_pair(&config, pair, &err) ||
	    (second && config__set_pair(&config, second, &err)))
		fail_msg("%s", err.text);
	return config;
}

static struct cpus allowed(void)
{
	struct cpus cpus;

	assert_int_equal(cpus__get_affinity(0, &cpus), 0);
	return cpus;
}

static bool equal(const struct cpus *a, const struct cpus *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static void pin_all_is_what_the_process_may_use(void **state)
{
	struct config config = make("pin=all", NULL);
	struct cpus all = allowed(), one;

	(void)state;
	assert_int_equal(placement__settle(&config, NULL), 0);
	assert_true(equal(&config.pin, &all));
	assert_int_equal(placement__nr_cpus(&config), cpus__count(&all));
	cpus__clear(&one);
	cpus__add(&one, (unsigned int)cpus__nth(&all, 0));
	assert_int_equal(cpus__set_affinity(0, &one), 0);
	config = make("pin=all", NULL);
	assert_int_equal(placement__settle(&config, NULL), 0);
	assert_true(equal(&config.pin, &one));
	assert_int_equal(placement__nr_cpus(&config), 1);
	config = make("pin=none", NULL);
	assert_int_equal(placement__nr_cpus(&config), 1);
	cpus__set_affinity(0, &all);
}

static void named_cpus_stay_as_they_are(void **state)
{
	struct config config = make("pin=1,5-6", "numa=0"), before = config;

	(void)state;
	if (placement__settle(&config, NULL))
		skip(); /* no NUMA at all */
	assert_memory_equal(&config, &before, sizeof(config));
	assert_int_equal(placement__nr_cpus(&config), 3);
}

static void numa_alone_keeps_threads_on_the_node_together(void **state)
{
	struct config config = make("numa=0", NULL);
	struct cpus before = allowed(), now;
	struct error err = { 0 };

	(void)state;
	if (placement__settle(&config, &err))
		skip();
	assert_false(config.pinned);
	assert_true(cpus__count(&config.pin) >= 1);
	assert_int_equal(placement__pin_thread(&config, 0, 3, &err), 0);
	now = allowed();
	assert_true(equal(&now, &config.pin));
	cpus__set_affinity(0, &before);
}

/*
 * A node of every other CPU, as on kernels without clustered numbering: a list far longer than pin=
 * allows.
 */
static void a_node_of_a_thousand_cpus(void **state)
{
	char root[] = "/tmp/hvbench-placement-XXXXXX", path[256], command[300];
	struct cpus cpus;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/sys/devices/system/node/node0", root);
	snprintf(command, sizeof(command), "mkdir -p %s", path);
	assert_int_equal(system(command), 0);
	strcat(path, "/cpulist");
	f = fopen(path, "w");
	assert_non_null(f);
	for (int cpu = 0; cpu < 2000; cpu += 2)
		fprintf(f, "%s%d", cpu ? "," : "", cpu);
	fputc('\n', f);
	fclose(f);
	cpus__clear(&cpus);
	for (unsigned int cpu = 3; cpu < CPUS_MAX; cpu++)
		cpus__add(&cpus, cpu);
	assert_int_equal(placement__keep_node(&cpus, root, 0, NULL), 0);
	assert_int_equal(cpus__count(&cpus), 998);
	assert_true(cpus__has(&cpus, 1998) && !cpus__has(&cpus, 2) && !cpus__has(&cpus, 1999));
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

static void a_node_that_is_not_there_is_named_with_those_that_are(void **state)
{
	struct config config = make("numa=1000", NULL);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(placement__settle(&config, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "numa=1000: this host has no such NUMA node"));
	config = make("numa=1000", "pin=0");
	assert_int_equal(placement__settle(&config, &err), -EOPNOTSUPP);
	config = make("numa=1000", "pin=all");
	assert_int_equal(placement__settle(&config, &err), -EOPNOTSUPP);
}

static void threads_get_their_cpu_round_robin(void **state)
{
	struct config config = make("pin=all", NULL);
	struct cpus before = allowed(), now, seen;
	unsigned int nr = cpus__count(&before);

	(void)state;
	assert_int_equal(placement__settle(&config, NULL), 0);
	cpus__clear(&seen);
	for (unsigned int i = 0; i <= nr; i++) {
		assert_int_equal(placement__pin_thread(&config, 0, i, NULL), 0);
		now = allowed();
		assert_int_equal(cpus__count(&now), 1);
		cpus__add(&seen, (unsigned int)cpus__nth(&now, 0));
		assert_int_equal(cpus__count(&seen), i < nr ? i + 1 : nr);
	}
	cpus__set_affinity(0, &before);
}

static void memory_comes_from_the_node(void **state)
{
	uint8_t *map =
		mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct error err = { 0 };
	int mode = -1, node = -1, ret;
	unsigned long mask[16] = { 0 };

	(void)state;
	assert_true(map != MAP_FAILED);
	assert_int_equal(placement__bind_memory(map, 1 << 20, NUMA_NONE, 0, &err), 0);
	ret = placement__bind_memory(map, 1 << 20, 0, 0, &err);
	if (ret == -EOPNOTSUPP) {
		munmap(map, 1 << 20);
		skip();
	}
	assert_int_equal(ret, 0);
	map[4096] = 1;
	assert_int_equal(syscall(SYS_get_mempolicy, &mode, mask, 1024ul, map + 4096, MPOL_F_ADDR),
			 0);
	assert_int_equal(mode, MPOL_BIND);
	assert_int_equal(mask[0], 1);
	assert_int_equal(syscall(SYS_get_mempolicy, &node, NULL, 0ul, map + 4096,
				 MPOL_F_NODE | MPOL_F_ADDR),
			 0);
	assert_int_equal(node, 0);
	assert_int_equal(placement__bind_memory(map, 1 << 20, 1000, 0, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "numa=1000: the node has no memory"));
	/*
	 * Touching a reserved page that does not exist kills the process, so that is checked
	 * before.
	 */
	assert_int_equal(placement__bind_memory(map, 1ull << 45, 0, 1ull << 30, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "32768 huge pages of 1048576 KiB are needed"));
	munmap(map, 1 << 20);
}

static const struct workload two = { .name = "two", .vcpus = 2 }, one = { .name = "one" };

static void overcommit_makes_vms_of_cpus(void **state)
{
	static const struct {
		const char *overcommit;
		const struct workload *workload;
		unsigned int vms;
	} table[] = {
		{ "none", &one, 1 }, { "1", &one, 6 },	  { "2", &one, 12 }, { "0.5", &one, 3 },
		{ "1.5", &one, 9 },  { "0.01", &one, 1 }, { "1", &two, 3 },  { "2", &two, 6 },
		{ "0.5", &two, 1 },  { "64", &two, 192 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cell cell = { .workload = table[i].workload,
				     .config = make("pin=0-3,10-11", NULL) };

		assert_int_equal(config__set(&cell.config, "overcommit", table[i].overcommit, NULL),
				 0);
		assert_int_equal(setup__vms(&cell), table[i].vms);
		config__set(&cell.config, "vcpus", "3", NULL);
		assert_int_equal(setup__vcpus(&cell), 3);
	}
}

/* Who is told to hold a lock for a second is not taken for hung. */
static void an_operation_takes_as_long_as_it_is_told_to(void **state)
{
	static const struct workload lock = {
		.name = "lock",
		.vcpus = 2,
		.params = { { "spin", "", PARAM_COUNT, 1, 0, 9, NULL },
			    { "hold", "", PARAM_TIME_NS, 500, 0, 1000000000, NULL },
			    { "away", "", PARAM_TIME_NS, 500, 0, 1000000000, NULL } },
	};
	struct cell cell = { .workload = &lock, .params = { 9000000000, 500, 500 } };

	(void)state;
	config__init(&cell.config);
	assert_int_equal(setup__meant_ms(&cell), 0);
	cell.params[1] = 1000000000;
	cell.params[2] = 250000000;
	assert_int_equal(setup__meant_ms(&cell), 2500);
	config__set(&cell.config, "vcpus", "3", NULL);
	assert_int_equal(setup__meant_ms(&cell), 3750);
}

static void the_thread_is_put_back(void **state)
{
	struct config config = make("pin=all", "sched=batch");
	struct cpus before = allowed(), now;
	struct setup_thread saved;

	(void)state;
	assert_int_equal(placement__settle(&config, NULL), 0);
	assert_int_equal(setup__enter(&saved, &config, 0, NULL), 0);
	assert_int_equal(sched_getscheduler(0), SCHED_BATCH);
	now = allowed();
	assert_int_equal(cpus__count(&now), 1);
	setup__leave(&saved);
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
	now = allowed();
	assert_true(equal(&now, &before));
}

/* Missing pages are refused before anything is touched, which would end the process. */
static void huge_pages_have_to_be_there_to_the_last(void **state)
{
	const uint64_t page = 2ull << 20;
	struct error err = { 0 };
	unsigned int nr = 0;
	void *room;
	FILE *f;

	(void)state;
	f = fopen("/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "re");
	if (f) {
		assert_int_equal(fscanf(f, "%u", &nr), 1);
		fclose(f);
	}
	room = mmap(NULL, (nr + 1) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		    -1, 0);
	assert_true(room != MAP_FAILED);
	assert_int_equal(placement__bind_memory(room, (nr + 1) * page, 0, page, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "huge pages of 2048 KiB are needed"));
	munmap(room, (nr + 1) * page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pin_all_is_what_the_process_may_use),
		cmocka_unit_test(named_cpus_stay_as_they_are),
		cmocka_unit_test(numa_alone_keeps_threads_on_the_node_together),
		cmocka_unit_test(a_node_of_a_thousand_cpus),
		cmocka_unit_test(a_node_that_is_not_there_is_named_with_those_that_are),
		cmocka_unit_test(threads_get_their_cpu_round_robin),
		cmocka_unit_test(memory_comes_from_the_node),
		cmocka_unit_test(overcommit_makes_vms_of_cpus),
		cmocka_unit_test(an_operation_takes_as_long_as_it_is_told_to),
		cmocka_unit_test(the_thread_is_put_back),
		cmocka_unit_test(huge_pages_have_to_be_there_to_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
