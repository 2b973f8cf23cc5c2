// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Background load: as many busy threads as asked for, in the default scheduling class, and none
 * afterwards.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/host/load.h"

/* Threads of this process that are called `name`; their ids up to `max`. */
static unsigned int threads_called(const char *name, pid_t *tids, unsigned int max)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned int nr = 0;
	struct dirent *d;

	assert_non_null(dir);
	while ((d = readdir(dir))) {
		char path[300], comm[32] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", d->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fgets(comm, sizeof(comm), f) && !strncmp(comm, name, strlen(name)) && nr < max)
			tids[nr++] = (pid_t)atoi(d->d_name);
		fclose(f);
	}
	closedir(dir);
	return nr;
}

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void threads_are_there_and_gone(void **state)
{
	struct load load;
	pid_t tids[16];

	(void)state;
	assert_int_equal(load__start(&load, 5, NULL), 0);
	assert_int_equal(load.nr, 5);
	assert_int_equal(threads_called("load", tids, 16), 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(sched_getscheduler(tids[i]), SCHED_OTHER);
	load__stop(&load);
	assert_int_equal(threads_called("load", tids, 16), 0);
	load__stop(&load);
}

/*
 * One thread keeps a CPU busy. How much of it the thread gets depends on what else runs; a tenth is
 * little in any case.
 */
static void they_burn_cpu(void **state)
{
	const struct timespec nap = { .tv_nsec = 200000000 };
	double before, asleep;
	struct load load;

	(void)state;
	before = cpu_seconds();
	assert_int_equal(load__start(&load, 0, NULL), 0);
	nanosleep(&nap, NULL);
	load__stop(&load);
	asleep = cpu_seconds() - before;
	assert_int_equal(load__start(&load, 1, NULL), 0);
	before = cpu_seconds();
	nanosleep(&nap, NULL);
	assert_true(cpu_seconds() - before > asleep + 0.02);
	load__stop(&load);
}

/*
 * A caller of a real-time class must not pass it on to its load, which would take the CPU from it.
 */
static void the_class_is_not_inherited(void **state)
{
	struct sched_param param = { .sched_priority = 1 }, usual = { .sched_priority = 0 };
	struct load load;
	pid_t tids[4];
	int ret;

	(void)state;
	if (sched_setscheduler(0, SCHED_FIFO, &param) < 0)
		skip();
	ret = load__start(&load, 1, NULL);
	sched_setscheduler(0, SCHED_OTHER, &usual);
	assert_int_equal(ret, 0);
	assert_int_equal(threads_called("load", tids, 4), 1);
	assert_int_equal(sched_getscheduler(tids[0]), SCHED_OTHER);
	load__stop(&load);
}

static int caught;

static void on_signal(int sig)
{
	(void)sig;
	caught = gettid() == getpid();
}

static void signals_go_to_others(void **state)
{
	struct load load;

	(void)state;
	signal(SIGUSR1, on_signal);
	assert_int_equal(load__start(&load, 3, NULL), 0);
	kill(getpid(), SIGUSR1);
	for (int i = 0; i < 1000 && !caught; i++)
		usleep(1000);
	load__stop(&load);
	assert_int_equal(caught, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_are_there_and_gone),
		cmocka_unit_test(they_burn_cpu),
		cmocka_unit_test(the_class_is_not_inherited),
		cmocka_unit_test(signals_go_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
