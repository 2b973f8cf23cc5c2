// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/each.h"

#include <pthread.h>
#include <stdatomic.h>

#include "bench/base/cpus.h"

/* More make nothing quicker that a command does. */
#define MOST_THREADS 32

struct each {
	atomic_size_t next;
	size_t nr;
	void (*one)(void *ctx, size_t i);
	void *ctx;
};

static void *work(void *ctx)
{
	struct each *each = ctx;
	size_t i;

	while ((i = atomic_fetch_add(&each->next, 1)) < each->nr)
		each->one(each->ctx, i);
	return NULL;
}

static size_t usable_cpus(void)
{
	struct cpus cpus;

	return cpus__get_affinity(0, &cpus) ? 1 : cpus__count(&cpus);
}

void each__of(size_t nr, void (*one)(void *ctx, size_t i), void *ctx)
{
	struct each each = { .nr = nr, .one = one, .ctx = ctx };
	pthread_t threads[MOST_THREADS - 1];
	size_t most = nr < MOST_THREADS ? nr : MOST_THREADS, cpus = most > 1 ? usable_cpus() : 1,
	       nr_threads = 0;

	most = cpus < most ? cpus : most;
	while (nr_threads + 1 < most && !pthread_create(&threads[nr_threads], NULL, work, &each))
		nr_threads++;
	work(&each);
	while (nr_threads)
		pthread_join(threads[--nr_threads], NULL);
}
