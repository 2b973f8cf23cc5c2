// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/backends/kvm/neighbour.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/backends/setup.h"
#include "bench/base/clock.h"
#include "bench/plan/cell.h"

#define START_NS   5000000000ull
#define TARGET_NS  1000000 /* of a sample of its own: nobody reads them */
#define SAMPLES	   1000
#define MAX_VALUES 4
#define CROWD	   2 /* vCPUs for each CPU, of one that overcommits them */

struct neighbour {
	struct guest guest;
	struct cell cell;
	struct measure_request req;
	pthread_t thread;
	bool idle;
	volatile int stop, at_work, ended;
	struct error failure;
};

/* What each does, by enum config_neighbour: a workload, and its first parameters if not 0. */
static const struct {
	const char *workload;
	uint64_t values[MAX_VALUES];
} habits[] = {
	[NEIGHBOUR_IDLE] = { "empty", { 0 } },
	[NEIGHBOUR_EXITS] = { "pio-user", { 0 } },
	[NEIGHBOUR_MEMORY] = { "bandwidth", { 64 << 20 } },
	[NEIGHBOUR_CACHE] = { "random-access", { 8 << 20, 1 } },
	[NEIGHBOUR_DIRTY] = { "rewrite", { 0 } },
	[NEIGHBOUR_IPIS] = { "ipi", { 0, 1 } },
	[NEIGHBOUR_TIMERS] = { "halt-wake", { 20000 } },
	[NEIGHBOUR_OVERCOMMIT] = { "empty", { 0 } },
	/* Full, put in by 16, answered by a thread that sleeps, and the guest halts. */
	[NEIGHBOUR_IO] = { "virtqueue", { 64, 16, 0, 1 } },
};

/* With dirty_log= each time is a round of migration: protect, and take what was written. */
static int live(struct neighbour *n, struct error *err)
{
	int ret = guest__boot(&n->guest, err);
	uint64_t pages;

	n->at_work = !ret;
	while (!ret && !n->idle && !n->stop) {
		guest__command(&n->guest, &n->cell, &n->req, 0);
		ret = guest__run_to(&n->guest, HV_BELL_BEGIN, err);
		if (!ret)
			ret = dirty__begin(&n->guest.vm, err);
		if (!ret)
			ret = guest__run_to(&n->guest, HV_BELL_END, err);
		if (!ret)
			ret = dirty__end(&n->guest.vm, &pages, err);
		if (!ret)
			ret = guest__run_to(&n->guest, HV_BELL_READY, err);
	}
	return ret;
}

static void *thread(void *arg)
{
	struct neighbour *n = arg;
	struct setup_thread saved;
	struct error err = { 0 };
	int ret = guest__enter_thread(&n->guest, &saved, &err);

	pthread_setname_np(pthread_self(), "neighbour");
	if (!ret)
		ret = live(n, &err);
	if (ret && !n->stop) {
		error__prefix(&err, "the neighbour");
		n->failure = err;
		n->failure.code = ret;
	}
	n->ended = 1;
	return NULL;
}

static void destroy(struct neighbour *n)
{
	queue__stop(n->guest.queue);
	vm__destroy(&n->guest.vm);
}

static int create(struct neighbour *n, const struct payload *payload, unsigned int first_pin,
		  struct error *err)
{
	const struct workload *w = n->cell.workload;
	struct vm_request req = {
		.config = &n->cell.config,
		.payload = payload,
		.arena_bytes = setup__arena_bytes(&n->cell),
		.arena_pages = setup__pages(&n->cell),
		.nr_vcpus = setup__vcpus(&n->cell),
		.devices = w->needs,
		.first_pin = first_pin,
		.x2apic = n->cell.config.x2apic,
	};
	int ret = vm__create(&n->guest.vm, &req, err);

	if (ret || !(w->needs & NEEDS_QUEUE))
		return ret;
	ret = queue__start(&n->guest.queue, &n->guest.vm, w->queue(n->cell.params), err);
	if (ret)
		destroy(n);
	return ret;
}

/* What it is made of, from the cell that it stands beside. */
static void describe(struct cell *own, const struct cell *cell, const struct workload *w)
{
	enum config_neighbour kind = cell->config.neighbour;
	unsigned int crowd = CROWD * setup__cpus(cell);

	cell__init(own, w, w->name);
	config__copy_thread(&own->config, &cell->config);
	own->config.load = 0;
	if (kind == NEIGHBOUR_OVERCOMMIT)
		own->config.parallel = crowd < HV_MAX_VCPUS ? crowd : HV_MAX_VCPUS;
	if (kind == NEIGHBOUR_DIRTY)
		own->config.dirty_log = DIRTY_LOG_BITMAP;
	for (int i = 0; i < MAX_VALUES; i++)
		if (habits[kind].values[i])
			own->params[i] = habits[kind].values[i];
}

uint64_t neighbour__memory_bytes(const struct cell *cell)
{
	enum config_neighbour kind = cell->config.neighbour;
	const struct workload *w;
	struct error unknown = { 0 };
	struct cell own;

	w = kind == NEIGHBOUR_NONE ? NULL : plan__find_workload(habits[kind].workload, &unknown);
	if (!w)
		return 0;
	describe(&own, cell, w);
	return setup__memory_bytes(&own);
}

int neighbour__start(struct neighbour **out, const struct cell *cell,
		     const struct measure_request *req, const struct payload *payload,
		     unsigned int first_pin, struct error *err)
{
	enum config_neighbour kind = cell->config.neighbour;
	struct neighbour *n = NULL;
	const struct workload *w;
	uint64_t start;
	int ret;

	*out = NULL;
	if (kind == NEIGHBOUR_NONE)
		return 0;
	w = plan__find_workload(habits[kind].workload, err);
	if (!w)
		return err->code;
	n = calloc(1, sizeof(*n));
	if (!n)
		return error__set(err, -ENOMEM, "out of memory");
	describe(&n->cell, cell, w);
	n->req = *req;
	n->req.ops_per_sample = 0;
	n->req.target_ns = TARGET_NS;
	n->req.samples = SAMPLES;
	n->req.singles = 0;
	n->idle = kind == NEIGHBOUR_IDLE;
	ret = create(n, payload, first_pin, err);
	if (!ret) {
		ret = pthread_create(&n->thread, NULL, thread, n);
		if (ret) {
			error__set(err, -ret, "starting the neighbour's thread: %s", strerror(ret));
			ret = error__advise_start(err, -ret);
			destroy(n);
		}
	}
	if (ret) {
		free(n);
		return error__prefix(err, "the neighbour");
	}
	start = clock__ns();
	while (!n->at_work && !n->ended && clock__ns() - start < START_NS)
		sched_yield();
	*out = n;
	return 0;
}

int neighbour__stop(struct neighbour *n, struct error *err)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int ret;

	if (!n)
		return 0;
	n->stop = 1;
	/* The thread may just have checked the flag: repeat until it has ended. */
	while (!n->ended) {
		vcpu__kick(&n->guest.vm.vcpus[0]);
		nanosleep(&pause, NULL);
	}
	pthread_join(n->thread, NULL);
	ret = n->failure.code;
	if (ret)
		*err = n->failure;
	destroy(n);
	free(n);
	return ret;
}
