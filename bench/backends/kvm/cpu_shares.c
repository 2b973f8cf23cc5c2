// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/backends/kvm/cpu_shares.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arch.h"
#include "bench/backends/kvm/guest.h"
#include "bench/base/clock.h"
#include "bench/host/cpu_groups.h"
#include "bench/vmm/slots.h"
#include "bench/vmm/watchdog.h"

enum { SIZE, CPUS, WEIGHTS, LIMIT, WINDOW, FIGURE };
enum { WEIGHTS_EQUAL, WEIGHTS_RISING, WEIGHTS_ONE };
enum { FIGURE_SHORTFALL, FIGURE_LONGEST, FIGURE_LOST };

#define MOST_WEIGHT  10000u
#define ONE_WEIGHT   400u
#define BUDGET_NS    500000000ull /* for the windows of one visit */
#define MIN_WINDOWS  2
#define MOST_WINDOWS 64		  /* of one visit; more begin where others did */
#define GOLDEN	     0.6180339887 /* its multiples spread over a circle */
#define LEAST_GAP_NS 300	  /* above any jitter of the loop, below any exit */
#define LOOK_NS	     100000
#define WAIT_FACTOR  4		   /* of the watchdog's time, for a VM that waits for its turn */
#define PATIENCE_NS  2000000000ull /* for guests that were told to end */

struct sharing;

/* A VM and the thread that runs it. */
struct member {
	struct sharing *all;
	unsigned int number;
	struct guest guest;
	bool exists, started;
	pthread_t thread;
	volatile int ready, ended;
	struct error failure; /* why it ended; code 0: it was told to */
	/* in the window at hand */
	uint64_t cpu_ns, throttled_ns, nr, cycles; /* when it began */
	double got_ns, lost_ns, longest_ns;
};

struct sharing {
	const struct cell *cell;
	struct measure_request req;
	struct cpu_groups *groups;
	struct cpus cpus; /* that they share */
	unsigned int nr;
	struct member *members;
	double *weights, *most, *promised; /* by member; the last two of a window, in ns */
};

void cpu_shares__promise(double total, const double *weights, const double *most, unsigned int nr,
			 double *promised)
{
	bool again = true;

	for (unsigned int i = 0; i < nr; i++)
		promised[i] = -1;
	/* Whoever cannot use its part is settled, and the rest is divided again. */
	while (again) {
		double left = total, sum = 0;

		again = false;
		for (unsigned int i = 0; i < nr; i++) {
			left -= promised[i] >= 0 ? promised[i] : 0;
			sum += promised[i] >= 0 ? 0 : weights[i];
		}
		for (unsigned int i = 0; i < nr && !again; i++)
			if (promised[i] < 0 && left * weights[i] / sum > most[i]) {
				promised[i] = most[i];
				again = true;
			}
		for (unsigned int i = 0; i < nr && !again; i++)
			if (promised[i] < 0)
				promised[i] = left * weights[i] / sum;
	}
}

static unsigned int weight_of(const struct cell *cell, unsigned int number)
{
	unsigned int rising = number < MOST_WEIGHT / CPU_GROUPS_USUAL ?
				      (number + 1) * CPU_GROUPS_USUAL :
				      MOST_WEIGHT;

	switch (cell->params[WEIGHTS]) {
	case WEIGHTS_RISING:
		return rising;
	case WEIGHTS_ONE:
		return number ? CPU_GROUPS_USUAL : ONE_WEIGHT;
	default:
		return CPU_GROUPS_USUAL;
	}
}

static unsigned int limit_of(const struct cell *cell, unsigned int number)
{
	return number ? 0 : (unsigned int)cell->params[LIMIT];
}

static struct hv_order *order_of(struct member *m)
{
	return &vm__mailbox(&m->guest.vm)->orders[0];
}

static void give(struct member *m, enum hv_order_what what)
{
	struct hv_order *order = order_of(m);

	order->what = what;
	order->bytes = order->offset = 0;
	order->step = 1;
	__atomic_store_n(&order->seq, order->seq + 1, __ATOMIC_RELEASE);
}

static bool has_obeyed(struct member *m)
{
	struct hv_order *order = order_of(m);

	return __atomic_load_n(&order->done, __ATOMIC_ACQUIRE) == order->seq;
}

static int why(const struct member *m, struct error *err)
{
	error__set(err, m->failure.code ?: -EIO, "%s",
		   m->failure.code ? m->failure.text : "the guest ended");
	return error__prefix(err, "VM %u of %u", m->number + 1, m->all->nr);
}

/* Until each is `done`; one that is overdue is named. */
static int await(struct sharing *all, bool (*done)(struct member *m), struct error *err)
{
	const struct timespec look = { .tv_nsec = LOOK_NS };
	uint64_t start = clock__ns(), most = WAIT_FACTOR * 1000000ull * all->req.timeout_ms;

	for (unsigned int i = 0; i < all->nr; i++)
		while (!done(&all->members[i])) {
			if (all->members[i].ended)
				return why(&all->members[i], err);
			if (clock__ns() - start > most)
				return error__set(err, -ETIME,
						  "VM %u of %u did not answer for %llu s", i + 1,
						  all->nr, (unsigned long long)(most / 1000000000));
			nanosleep(&look, NULL);
		}
	return 0;
}

/* Has all of them note the gaps that they are in. */
static int meet(struct sharing *all, struct error *err)
{
	for (unsigned int i = 0; i < all->nr; i++)
		give(&all->members[i], HV_ORDER_SPIN);
	return await(all, has_obeyed, err);
}

/* Boots like any other thread's guest, and enters its group only then. */
static int live(struct member *m, struct error *err)
{
	struct sharing *all = m->all;
	int ret = guest__boot(&m->guest, err);

	if (ret)
		return ret;
	vm__mailbox(&m->guest.vm)->gaps.least_cycles = LEAST_GAP_NS * m->guest.vm.tsc_khz / 1000000;
	ret = cpus__set_affinity(0, &all->cpus);
	if (ret)
		return error__set(err, ret, "binding a VM to its CPUs: %s", strerror(-ret));
	ret = cpu_groups__enter(all->groups, m->number, err);
	if (ret)
		return ret;
	m->ready = 1;
	guest__command(&m->guest, all->cell, &all->req, 0);
	return guest__run_to(&m->guest, HV_BELL_READY, err);
}

static void *thread(void *arg)
{
	struct member *m = arg;
	struct watchdog dog = { 0 };
	struct error err = { 0 };
	int ret;

	pthread_setname_np(pthread_self(), "vcpu0");
	ret = watchdog__start(&dog, &m->guest.vm.vcpus[0], m->all->req.timeout_ms, &err);
	if (!ret)
		ret = live(m, &err);
	watchdog__stop(&dog);
	m->failure = err;
	m->failure.code = ret;
	m->ended = 1;
	return NULL;
}

static bool is_ready(struct member *m)
{
	return m->ready;
}

static int start(struct sharing *all, const struct vm_request *vm_req, struct error *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < all->nr && !ret; i++) {
		struct member *m = &all->members[i];

		ret = vm__create(&m->guest.vm, vm_req, err);
		m->exists = !ret;
		if (ret)
			return error__prefix(err, "VM %u of %u", i + 1, all->nr);
		ret = pthread_create(&m->thread, NULL, thread, m);
		m->started = !ret;
		if (ret) {
			error__set(err, -ret, "thread %u of %u: %s", i + 1, all->nr, strerror(ret));
			return error__advise_start(err, -ret);
		}
	}
	return await(all, is_ready, err);
}

static void stop(struct sharing *all)
{
	const struct timespec look = { .tv_nsec = LOOK_NS * 10 };
	uint64_t begin = clock__ns();

	for (unsigned int i = 0; i < all->nr; i++)
		if (all->members[i].started)
			give(&all->members[i], HV_ORDER_END);
	for (unsigned int i = 0; i < all->nr; i++) {
		struct member *m = &all->members[i];

		/* The thread may just have checked the flag: repeat until it has ended. */
		while (m->started && !m->ended) {
			if (clock__ns() - begin > PATIENCE_NS)
				vcpu__kick(&m->guest.vm.vcpus[0]);
			nanosleep(&look, NULL);
		}
		if (m->started)
			pthread_join(m->thread, NULL);
		if (m->exists)
			vm__destroy(&m->guest.vm);
	}
}

static uint64_t cpu_ns(const struct member *m)
{
	struct timespec t = { 0 };
	clockid_t clock;

	if (pthread_getcpuclockid(m->thread, &clock) || clock_gettime(clock, &t))
		return 0;
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* What it saw of the window in its own clock, gaps at its ends cut; the guest writes the list. */
static void look_at_gaps(struct member *m, uint64_t from, uint64_t to)
{
	const struct hv_gaps *gaps = &vm__mailbox(&m->guest.vm)->gaps;
	uint64_t now = __atomic_load_n(&gaps->nr, __ATOMIC_ACQUIRE);
	double ns_per_cycle = 1e6 / (double)m->guest.vm.tsc_khz;

	m->lost_ns = m->longest_ns = 0;
	if (now - m->nr > HV_MAX_GAPS)
		m->nr = now - HV_MAX_GAPS;
	for (uint64_t i = m->nr; i != now; i++) {
		struct hv_gap gap = gaps->list[i % HV_MAX_GAPS];
		uint64_t a = gap.tsc > from ? gap.tsc : from, end = gap.tsc + gap.cycles;
		uint64_t b = end < to ? end : to;
		double ns = b > a ? (double)(b - a) * ns_per_cycle : 0;

		m->lost_ns += ns;
		if (ns > m->longest_ns)
			m->longest_ns = ns;
	}
}

static void sleep_for(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000),
			      .tv_nsec = (long)(ns % 1000000000) };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/*
 * A guest answers while it may run, at the beginning of its limit's period; windows that all began
 * there would end in a piece more than they should. They begin all over the period instead.
 */
static uint64_t phase_of(const struct sharing *all, unsigned int number)
{
	double turns = number * GOLDEN;

	return limit_of(all->cell, 0) ? (uint64_t)((turns - floor(turns)) * CPU_GROUPS_PERIOD_NS) :
					0;
}

/* Window `number` of this cell; *ns is how long it was, by the host's clock. */
static int watch(struct sharing *all, unsigned int number, double *ns, struct error *err)
{
	uint64_t from, to, start;
	int ret = meet(all, err);

	if (ret)
		return ret;
	sleep_for(phase_of(all, number));
	from = arch_clock();
	start = clock__ns();
	for (unsigned int i = 0; i < all->nr; i++) {
		struct member *m = &all->members[i];

		m->nr = vm__mailbox(&m->guest.vm)->gaps.nr;
		m->throttled_ns = cpu_groups__throttled_ns(all->groups, i);
		m->cpu_ns = cpu_ns(m);
	}
	sleep_for(all->cell->params[WINDOW]);
	for (unsigned int i = 0; i < all->nr; i++) {
		struct member *m = &all->members[i];

		m->got_ns = (double)(cpu_ns(m) - m->cpu_ns);
		m->throttled_ns = cpu_groups__throttled_ns(all->groups, i) - m->throttled_ns;
	}
	*ns = (double)(clock__ns() - start);
	to = arch_clock();
	ret = meet(all, err);
	for (unsigned int i = 0; i < all->nr && !ret; i++)
		look_at_gaps(&all->members[i], from, to);
	return ret;
}

static double figure_of(const struct sharing *all)
{
	double worst = 0, one;

	if (all->cell->params[FIGURE] == FIGURE_LOST)
		return all->members[0].lost_ns;
	for (unsigned int i = 0; i < all->nr; i++) {
		const struct member *m = &all->members[i];

		one = all->cell->params[FIGURE] == FIGURE_LONGEST ? m->longest_ns :
								    all->promised[i] - m->got_ns;
		worst = one > worst ? one : worst;
	}
	return worst;
}

static void add_window(struct sharing *all, struct measurement *m, double window_ns)
{
	double total = 0;

	for (unsigned int i = 0; i < all->nr; i++) {
		unsigned int limit = limit_of(all->cell, i);

		total += all->members[i].got_ns;
		all->most[i] = limit ? window_ns * limit / 100 : window_ns;
	}
	cpu_shares__promise(total, all->weights, all->most, all->nr, all->promised);
	m->shares->window_ns += window_ns;
	for (unsigned int i = 0; i < all->nr; i++) {
		struct cpu_share *share = &m->shares->vms[i];
		const struct member *one = &all->members[i];

		share->promised_ns += all->promised[i];
		share->got_ns += one->got_ns;
		share->lost_ns += one->lost_ns;
		share->throttled_ns += (double)one->throttled_ns;
	}
	m->samples[m->nr_samples++] = figure_of(all);
}

static int take_samples(struct sharing *all, struct measurement *m, struct error *err)
{
	uint64_t begin = clock__ns();
	double window_ns;
	int ret = 0;

	while (!ret && m->nr_samples < all->req.samples) {
		if (m->nr_samples >= MIN_WINDOWS && clock__ns() - begin > BUDGET_NS)
			break;
		ret = watch(all, m->visit * MOST_WINDOWS + m->nr_samples, &window_ns, err);
		if (!ret)
			add_window(all, m, window_ns);
	}
	return ret;
}

/* The CPUs that the VMs share are the first; this thread keeps out of them where it can. */
static int choose_cpus(struct sharing *all, struct error *err)
{
	const struct config *config = &all->cell->config;
	unsigned int want = (unsigned int)all->cell->params[CPUS];
	struct cpus from, others;
	int ret = 0;

	if (config->pinned)
		from = config->pin;
	else
		ret = cpus__get_affinity(0, &from);
	if (ret)
		return error__set(err, ret, "the CPUs of this process (sched_getaffinity): %s",
				  strerror(-ret));
	if (cpus__count(&from) < want)
		return error__set(err, -EOPNOTSUPP, "cpus=%u: there %s only %u here", want,
				  cpus__count(&from) == 1 ? "is" : "are", cpus__count(&from));
	others = from;
	cpus__clear(&all->cpus);
	for (unsigned int i = 0; i < want; i++) {
		cpus__add(&all->cpus, (unsigned int)cpus__nth(&from, i));
		cpus__drop(&others, (unsigned int)cpus__nth(&from, i));
	}
	if (cpus__count(&others))
		cpus__set_affinity(0, &others);
	return 0;
}

static int make_groups(struct sharing *all, struct measurement *m, struct error *err)
{
	int ret = cpu_groups__open(&all->groups, all->nr, err);

	for (unsigned int i = 0; i < all->nr && !ret; i++) {
		unsigned int weight = weight_of(all->cell, i), limit = limit_of(all->cell, i);

		all->weights[i] = weight;
		m->shares->vms[i].weight = weight;
		m->shares->vms[i].limit_percent = limit;
		ret = cpu_groups__set_weight(all->groups, i, weight, err);
		if (!ret && limit)
			ret = cpu_groups__set_limit(all->groups, i, limit, err);
	}
	return ret;
}

static int allocate(struct sharing *all, struct measurement *m)
{
	size_t nr = all->nr;

	all->members = calloc(nr, sizeof(*all->members));
	all->weights = calloc(3 * nr, sizeof(*all->weights));
	m->samples = calloc(all->req.samples, sizeof(*m->samples));
	m->shares = calloc(1, sizeof(*m->shares) + nr * sizeof(m->shares->vms[0]));
	if (!all->members || !all->weights || !m->samples || !m->shares)
		return -ENOMEM;
	all->most = all->weights + nr;
	all->promised = all->most + nr;
	m->shares->nr = all->nr;
	for (unsigned int i = 0; i < all->nr; i++) {
		all->members[i].all = all;
		all->members[i].number = i;
	}
	return 0;
}

int kvm_cpu_shares__measure(const struct cell *cell, const struct measure_request *req,
			    const struct payload *payload, struct measurement *m)
{
	struct sharing all = {
		.cell = cell,
		.req = *req,
		.nr = (unsigned int)cell->params[SIZE],
	};
	const struct vm_request vm_req = {
		.config = &cell->config,
		.payload = payload,
		.nr_vcpus = 1,
		.x2apic = cell->config.x2apic,
	};
	struct error err = { 0 };
	int ret;

	/* A guest makes no progress of its own while it is watched. */
	all.req.timeout_ms += (unsigned int)(cell->params[WINDOW] / 1000000);
	ret = allocate(&all, m) ? error__set(&err, -ENOMEM, "out of memory") :
				  memory__check((uint64_t)all.nr * SETUP_VM_BYTES, 0, &err);
	if (!ret)
		ret = choose_cpus(&all, &err);
	if (!ret)
		ret = make_groups(&all, m, &err);
	if (!ret)
		ret = start(&all, &vm_req, &err);
	if (!ret && !all.members[0].guest.vm.tsc_is_host && cell->params[FIGURE] != 0)
		ret = error__set(
			&err, -EOPNOTSUPP,
			"the guest's clock is not the host's, so its gaps have no place in "
			"the host's time");
	if (!ret)
		ret = take_samples(&all, m, &err);
	if (all.members)
		stop(&all);
	cpu_groups__close(all.groups);
	free(all.members);
	free(all.weights);
	if (ret)
		return measurement__fail(m, ret == -EOPNOTSUPP ? MEASURE_SKIPPED : MEASURE_FAILED,
					 "%s", err.text);
	return measurement__by_host(m);
}
