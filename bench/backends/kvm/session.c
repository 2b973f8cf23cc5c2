// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/backends/kvm/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "bench/backends/setup.h"
#include "bench/base/clock.h"
#include "bench/vmm/memory.h"
#include "bench/vmm/placement.h"
#include "bench/vmm/slots.h"
#include "bench/vmm/watchdog.h"

#define MIN_SAMPLES   3
#define BUDGET_FACTOR 20    /* times as long as the timed samples of other workloads take */
#define WAIT_FACTOR   4	    /* of the watchdog's time, for a vCPU that it does not watch */
#define LEAST_GAP_NS  300   /* above any jitter of the loop, below any exit */
#define PATIENT_NS    20000 /* with a guest on another CPU */
#define LOOK_NS	      20000 /* twice as long each time, to */
#define MOST_LOOK_NS  1000000
#define PATIENCE_NS   2000000000ull /* for a guest that was told to end */

/* Weak, since a test may be linked without any such workload. */
extern const struct host_half *const __start_host_half_table[] __attribute__((weak));
extern const struct host_half *const __stop_host_half_table[] __attribute__((weak));

const struct host_half *host_half__find(const char *workload)
{
	for (const struct host_half *const *half = __start_host_half_table;
	     half < __stop_host_half_table; half++)
		if (!strcmp((*half)->workload, workload))
			return *half;
	return NULL;
}

static struct hv_order *order_of(struct session *s, unsigned int cpu)
{
	return &vm__mailbox(s->vm)->orders[cpu];
}

static void give(struct session *s, unsigned int cpu, enum hv_order_what what, uint64_t offset,
		 uint64_t bytes, uint64_t step)
{
	struct hv_order *order = order_of(s, cpu);

	order->what = what;
	order->offset = offset;
	order->bytes = bytes;
	order->step = step;
	__atomic_store_n(&order->seq, order->seq + 1, __ATOMIC_RELEASE);
}

/*
 * The watchdog sees to vCPU 0; another one may hang by itself. Where both share a CPU, one that
 * yields it again and again has half of it, and then has to wait for it like any other; one that
 * sleeps has next to nothing of it, and comes at once when it wakes.
 */
static int await(struct session *s, unsigned int cpu, struct error *err)
{
	struct timespec look = { .tv_nsec = LOOK_NS };
	struct hv_order *order = order_of(s, cpu);
	uint64_t start = clock__ns();

	while (__atomic_load_n(&order->done, __ATOMIC_ACQUIRE) != order->seq) {
		if (s->ended)
			return error__set(err, s->failure.code ?: -EIO, "%s",
					  s->failure.code ? s->failure.text : "the guest ended");
		if (clock__ns() - start > WAIT_FACTOR * 1000000ull * s->req->timeout_ms)
			return error__set(err, -ETIME, "vCPU %u did not answer for %u s", cpu,
					  WAIT_FACTOR * s->req->timeout_ms / 1000);
		if (clock__ns() - start < PATIENT_NS)
			continue;
		nanosleep(&look, NULL);
		if (look.tv_nsec < MOST_LOOK_NS)
			look.tv_nsec *= 2;
	}
	return 0;
}

/*
 * What the slowest vCPU's last order took, by its own clock: the host notices an answer only when
 * it next looks, which on a CPU that both share is up to a time slice later. The guest may lie.
 */
static double longest_ns(struct session *s)
{
	uint64_t most = 0;

	for (unsigned int i = 0; i < s->vm->nr_vcpus; i++)
		if (order_of(s, i)->cycles > most)
			most = order_of(s, i)->cycles;
	return (double)most * 1e6 / (double)s->vm->tsc_khz;
}

int session__pass(struct session *s, enum hv_order_what what, uint64_t bytes, uint64_t step,
		  double *ns, struct error *err)
{
	unsigned int vcpus = s->vm->nr_vcpus;
	uint64_t part = bytes / step / vcpus * step, start = clock__ns();
	int ret = 0;

	for (unsigned int i = 0; i < vcpus; i++)
		give(s, i, what, i * part, i + 1 < vcpus ? part : bytes - i * part, step);
	for (unsigned int i = 0; i < vcpus && !ret; i++)
		ret = await(s, i, err);
	if (ns)
		*ns = s->vm->tsc_khz ? longest_ns(s) : (double)(clock__ns() - start);
	return ret;
}

int session__spin(struct session *s, struct error *err)
{
	return session__pass(s, HV_ORDER_SPIN, 0, 1, NULL, err);
}

/*
 * The cycles of all gaps that overlap the time between two readings of the clock. The guest writes
 * the list: it may lie about lengths, not about places in it.
 */
static uint64_t lost_cycles(const struct hv_gaps *gaps, uint64_t nr, uint64_t cycles, uint64_t from,
			    uint64_t to)
{
	uint64_t now = __atomic_load_n(&gaps->nr, __ATOMIC_ACQUIRE), lost = 0;

	/* If there were more gaps than the list holds, all of them count. */
	if (now - nr > HV_MAX_GAPS)
		return gaps->cycles - cycles;
	for (uint64_t i = nr; i != now; i++) {
		struct hv_gap gap = gaps->list[i % HV_MAX_GAPS];

		if (gap.tsc <= to && gap.tsc + gap.cycles >= from)
			lost += gap.cycles;
	}
	return lost;
}

int session__time(struct session *s, enum session_figure of,
		  int (*call)(struct session *s, struct error *err), double *ns, struct error *err)
{
	const struct hv_gaps *gaps = &vm__mailbox(s->vm)->gaps;
	uint64_t nr, cycles, from, to, start, end;
	int ret;

	if (of == OF_STALL && (!s->vm->tsc_is_host || !s->vm->tsc_khz))
		return error__set(err, -EOPNOTSUPP,
				  "the guest's clock is not the host's, so its gaps have no place "
				  "in the host's time");
	ret = session__spin(s, err);
	if (ret)
		return ret;
	nr = gaps->nr;
	cycles = gaps->cycles;
	from = arch_clock();
	start = clock__ns();
	ret = call(s, err);
	end = clock__ns();
	to = arch_clock();
	/* A gap is noted when it is over. */
	if (!ret)
		ret = session__spin(s, err);
	if (of == OF_STALL && !ret)
		*ns = (double)lost_cycles(gaps, nr, cycles, from, to) * 1e6 /
		      (double)s->vm->tsc_khz;
	else if (of == OF_CALL)
		*ns = (double)(end - start);
	return ret;
}

static int run_guest(struct session *s, struct error *err)
{
	struct vm *vm = s->vm;
	int ret = guest__boot(&s->guest, err);

	vm__mailbox(vm)->gaps.least_cycles = LEAST_GAP_NS * vm->tsc_khz / 1000000;
	if (ret || s->half->still)
		return ret;
	guest__command(&s->guest, s->cell, s->req, 0);
	return guest__run_to(&s->guest, HV_BELL_READY, err);
}

static void *guest_thread(void *arg)
{
	struct session *s = arg;
	struct setup_thread saved;
	struct watchdog dog = { 0 };
	struct measurement *m = measurement__new();
	struct error err = { 0 };
	int ret;

	pthread_setname_np(pthread_self(), "vcpu0");
	ret = guest__enter_thread(&s->guest, &saved, &err);
	if (!ret)
		ret = watchdog__start(&dog, &s->vm->vcpus[0], s->req->timeout_ms, &err);
	if (!ret)
		ret = run_guest(s, &err);
	watchdog__stop(&dog);
	/* Its own words for what became of the guest, if there is memory for them. */
	if (ret && m) {
		guest__explain(&s->guest, &err, m, s->req->timeout_ms);
		error__set(&err, ret, "%s", m->reason);
	}
	measurement__free(m);
	s->failure = err;
	s->failure.code = ret;
	s->ended = 1;
	return NULL;
}

/* Returns once the guest obeys or, where it is to stand still, has stopped. */
static int start(struct session *s, struct error *err)
{
	struct hv_status *status;
	int ret = vm__create(s->vm, &s->vm_req, err);

	if (ret)
		return ret;
	ret = pthread_create(&s->thread, NULL, guest_thread, s);
	if (ret) {
		error__set(err, -ret, "starting the thread of vCPU 0: %s", strerror(ret));
		return error__advise_start(err, -ret);
	}
	s->started = true;
	if (s->half->still) {
		pthread_join(s->thread, NULL);
		s->started = false;
		return s->failure.code ? error__set(err, s->failure.code, "%s", s->failure.text) :
					 0;
	}
	ret = session__spin(s, err);
	status = &vm__mailbox(s->vm)->status;
	if (!ret && status->vcpus_online && status->vcpus_online < s->vm_req.nr_vcpus)
		ret = error__set(err, -EIO, "fewer vCPUs came up than the workload needs");
	return ret;
}

static void stop(struct session *s)
{
	uint64_t begin;

	if (!s->started)
		return;
	for (unsigned int i = 0; i < s->vm->nr_vcpus; i++)
		give(s, i, HV_ORDER_END, 0, 0, 0);
	begin = clock__ns();
	while (!s->ended && clock__ns() - begin < PATIENCE_NS)
		sched_yield();
	/* The thread may just have checked the flag: repeat until it has ended. */
	while (!s->ended) {
		const struct timespec pause = { .tv_nsec = KICK_AGAIN_NS };

		vcpu__kick(&s->vm->vcpus[0]);
		nanosleep(&pause, NULL);
	}
	pthread_join(s->thread, NULL);
	s->started = false;
}

static int take_samples(struct session *s, struct measurement *m, struct error *err)
{
	uint64_t budget_ns = s->req->target_ns * s->req->samples * BUDGET_FACTOR;
	double ignored;
	/* The first sample finds cold caches and pages that were never used. */
	int ret = s->half->sample(s, &ignored, err);
	uint64_t begin = clock__ns();

	while (!ret && m->nr_samples < s->req->samples) {
		if (m->nr_samples >= MIN_SAMPLES && clock__ns() - begin > budget_ns)
			break;
		ret = s->half->sample(s, &m->samples[m->nr_samples], err);
		m->nr_samples += !ret;
	}
	return ret;
}

int session__measure(const struct host_half *half, const struct cell *cell,
		     const struct measure_request *req, const struct payload *payload,
		     struct measurement *m)
{
	struct session s = { .half = half, .cell = cell, .req = req, .config = cell->config };
	const struct workload *w = cell->workload;
	struct error err = { 0 };
	int ret;

	s.vm = &s.guest.vm;
	*s.vm = (struct vm){ .kvm_fd = -1, .fd = -1, .ioeventfd = -1, .irqfd = -1, .stats.fd = -1 };
	s.vm_req = (struct vm_request){
		.config = &s.config,
		.payload = payload,
		.arena_bytes = w->arena_bytes ? w->arena_bytes(cell->params) : 0,
		.arena_pages = setup__pages(cell),
		.backing = cell->config.backing,
		.nr_vcpus = setup__vcpus(cell),
		.x2apic = cell->config.x2apic,
	};
	m->samples = calloc(req->samples, sizeof(*m->samples));
	if (!m->samples)
		return measurement__fail(m, MEASURE_FAILED, "out of memory");
	ret = half->before ? half->before(&s, &err) : 0;
	if (!ret)
		ret = start(&s, &err);
	if (!ret && half->open)
		ret = half->open(&s, &err);
	if (!ret)
		ret = take_samples(&s, m, &err);
	stop(&s);
	vm__destroy(s.vm);
	memory__free(&s.extra);
	free(s.own);
	if (ret)
		return measurement__fail(m, ret == -EOPNOTSUPP ? MEASURE_SKIPPED : MEASURE_FAILED,
					 "%s", err.text);
	return measurement__by_host(m);
}
