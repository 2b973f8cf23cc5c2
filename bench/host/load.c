// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/host/load.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STACK_BYTES   (64u << 10)
#define WAIT_NS	      1000000
#define LOOK_INTERVAL 1024

static void *keep_busy(void *arg)
{
	struct load *load = arg;

	__atomic_fetch_add(&load->running, 1, __ATOMIC_RELAXED);
	while (!__atomic_load_n(&load->stop, __ATOMIC_RELAXED)) {
		for (int i = 0; i < LOOK_INTERVAL; i++)
			asm volatile("");
	}
	return NULL;
}

static int init_attributes(pthread_attr_t *attr)
{
	struct sched_param param = { .sched_priority = 0 };
	size_t stack = PTHREAD_STACK_MIN > STACK_BYTES ? (size_t)PTHREAD_STACK_MIN : STACK_BYTES;
	int ret = pthread_attr_init(attr);

	if (ret)
		return ret;
	ret = pthread_attr_setstacksize(attr, stack);
	if (!ret)
		ret = pthread_attr_setinheritsched(attr, PTHREAD_EXPLICIT_SCHED);
	if (!ret)
		ret = pthread_attr_setschedpolicy(attr, SCHED_OTHER);
	return ret ? ret : pthread_attr_setschedparam(attr, &param);
}

/* Block signals in these threads, so that the threads of the program receive them. */
static int start_threads(struct load *load, unsigned int nr, const pthread_attr_t *attr)
{
	sigset_t all, before;
	int ret = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (!ret && load->nr < nr) {
		ret = pthread_create(&load->threads[load->nr], attr, keep_busy, load);
		if (!ret)
			pthread_setname_np(load->threads[load->nr++], "load");
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

int load__start(struct load *load, unsigned int nr, struct error *err)
{
	const struct timespec soon = { .tv_nsec = WAIT_NS };
	pthread_attr_t attr;
	int ret;

	*load = (struct load){ .nr = 0 };
	if (!nr)
		return 0;
	load->threads = calloc(nr, sizeof(*load->threads));
	if (!load->threads)
		return error__set(err, -ENOMEM, "load=%u: out of memory", nr);
	ret = init_attributes(&attr);
	if (!ret)
		ret = start_threads(load, nr, &attr);
	pthread_attr_destroy(&attr);
	if (ret) {
		load__stop(load);
		error__set(err, -ret, "load=%u: starting so many threads: %s", nr, strerror(ret));
		return error__advise_start(err, -ret);
	}
	while (__atomic_load_n(&load->running, __ATOMIC_RELAXED) < nr)
		nanosleep(&soon, NULL);
	return 0;
}

void load__stop(struct load *load)
{
	__atomic_store_n(&load->stop, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < load->nr; i++)
		pthread_join(load->threads[i], NULL);
	free(load->threads);
	*load = (struct load){ .nr = 0 };
}
