/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/backends/kvm/twins.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/backends/host_op.h"
#include "bench/backends/kvm/guest.h"
#include "bench/backends/kvm/injector.h"
#include "bench/backends/net_cost.h"
#include "bench/backends/registry.h"
#include "bench/base/clock.h"
#include "bench/base/cpus.h"
#include "bench/base/stats.h"
#include "bench/host/load.h"
#include "bench/vmm/watchdog.h"

/*
 * Samples with several threads are taken in blocks of so many: the first ones after the other
 * side's turn find the threads asleep, but the median is determined by the rest. A change of the
 * host's speed lasts longer than a block.
 */
#define BLOCK 10

/* Runs a guest that has booted up to the bell before its first sample. */
static int start_twin(struct guest *guest, const struct cell *cell,
		      const struct measure_request *req, struct error *err)
{
	int ret;

	guest__command(guest, cell, req, HV_CMD_STEP);
	ret = guest__run_to(guest, HV_BELL_BEGIN, err);
	if (!ret)
		ret = dirty__begin(&guest->vm, err);
	return ret ? ret : guest__run_to(guest, HV_BELL_STEP, err);
}

/* A B, B A, A B …: a steady drift affects both sides alike. */
static int side_of(unsigned int sample)
{
	return (sample & 1) ^ (sample >> 1 & 1);
}

static void hold_vcpus(struct guest *guest)
{
	for (unsigned int i = 1; i < guest->vm.nr_vcpus; i++)
		vcpu__hold(&guest->vm.vcpus[i]);
}

static void let_go_vcpus(struct guest *guest)
{
	for (unsigned int i = 1; i < guest->vm.nr_vcpus; i++)
		vcpu__let_go(&guest->vm.vcpus[i]);
}

/*
 * vCPUs that measure together spin where they wait for the next sample: in the other twin's turn
 * they would take CPUs from it. All other twins' vCPUs wait as their workload lets them.
 */
static void change_turn(struct guest *from, struct guest *to)
{
	if (from == to)
		return;
	if (from && from->vm.config.parallel > 1)
		hold_vcpus(from);
	if (to && to->vm.config.parallel > 1)
		let_go_vcpus(to);
}

/*
 * Takes the samples of both in that order, or where threads have to be held in blocks of them; the
 * last sample of each ends with END and then READY. It is the turn of twin[1].
 */
static int alternate(struct guest *twin[2], unsigned int samples, struct error *err, int *which)
{
	bool held = twin[0]->vm.config.parallel > 1 || twin[1]->vm.config.parallel > 1;
	unsigned int done[2] = { 0 };
	struct guest *last = twin[1];
	int ret = 0;

	for (unsigned int i = 0; i < 2 * samples && !ret; i++) {
		int side = side_of(held ? i / BLOCK : i);

		/* Where blocks do not fit, the side that has its samples lets the other go on. */
		if (done[side] == samples)
			side = !side;
		*which = side;
		change_turn(last, twin[side]);
		last = twin[side];
		ret = guest__run_to(last, ++done[side] == samples ? HV_BELL_END : HV_BELL_STEP,
				    err);
	}
	for (int i = 0; i < 2 && !ret; i++) {
		*which = i;
		change_turn(last, twin[i]);
		last = twin[i];
		ret = guest__run_to(last, HV_BELL_READY, err);
	}
	change_turn(last, NULL);
	return ret;
}

static struct net_cost net_cost_of(const struct twin *twin, const struct measurement *m)
{
	return net_cost__of(twin->op ? NULL : twin->cell->workload, m);
}

/* If A is B's empty loop, each of its samples is subtracted from the one of B beside it. */
static void compare_twins(const struct twin twins[2], struct measurement *const m[2],
			  struct pair *pair)
{
	const struct measurement *a = m[0], *b = m[1];
	struct net_cost of_a = net_cost_of(&twins[0], a), of_b = net_cost_of(&twins[1], b);
	double *ratio = calloc(3 * (size_t)a->nr_samples + 1, sizeof(*ratio));
	double *net_a = ratio + a->nr_samples, *net_b = net_a + a->nr_samples;
	unsigned int n = 0;

	if (!ratio) {
		pair->status = MEASURE_FAILED;
		snprintf(pair->reason, sizeof(pair->reason), "out of memory");
		return;
	}
	for (unsigned int i = 0; i < a->nr_samples && i < b->nr_samples; i++) {
		net_a[n] = net_cost__per_op(&of_a, a->samples[i]);
		if (twins[0].is_loop)
			of_b.subtract = net_a[n] * of_b.ops;
		net_b[n] = net_cost__per_op(&of_b, b->samples[i]);
		ratio[n] = net_cost__log_ratio(net_a[n], net_b[n]);
		if (isfinite(ratio[n]))
			n++;
	}
	pair->alternations = n;
	pair->status = n ? MEASURE_OK : MEASURE_FAILED;
	if (n) {
		struct stats_interval interval;

		stats__sort(ratio, n);
		interval = stats__median_interval(ratio, n, 0.95);
		pair->low = interval.low;
		pair->high = interval.high;
		pair->log_ratio = stats__quantile(ratio, n, 0.5);
		pair->a = stats__median(net_a, n);
		pair->b = stats__median(net_b, n);
	} else {
		snprintf(pair->reason, sizeof(pair->reason),
			 "no sample took longer than the empty loop: there is no ratio");
	}
	free(ratio);
}

/*
 * Boots guests, and keeps the calling thread, which is placed for them, on the CPU where it is. In
 * this order: otherwise the threads of their other vCPUs, which inherit its CPUs, would be there as
 * well. *which is the guest that an error is about.
 */
static int boot_and_stay(struct guest *const *guests, int nr, struct error *err, int *which)
{
	int ret = 0, cpu;

	for (int i = 0; i < nr && !ret; i++) {
		*which = i;
		if (!guests[i]->booted)
			ret = guest__boot(guests[i], err);
	}
	cpu = sched_getcpu();
	if (!ret && !guests[0]->vm.config.pinned && cpu >= 0)
		cpus__set_affinity_to(0, (unsigned int)cpu);
	return ret;
}

/* Runs both; *which is the guest that an error is about. */
static int take_turns(struct guest *guests[2], const struct twin twins[2],
		      const struct measure_request *req, struct error *err, int *which)
{
	struct watchdog dog[2] = { 0 };
	struct setup_thread saved;
	struct load load;
	int ret = load__start(&load, guests[0]->vm.config.load, err);

	*which = 0;
	if (ret)
		return ret;
	ret = guest__enter_thread(guests[0], &saved, err);
	for (int i = 0; i < 2 && !ret; i++)
		ret = watchdog__start(&dog[i], &guests[i]->vm.vcpus[0], req->timeout_ms, err);
	if (!ret)
		ret = boot_and_stay(guests, 2, err, which);
	for (int i = 0; i < 2 && !ret; i++) {
		struct measure_request own = *req;

		*which = i;
		own.ops_per_sample = twins[i].ops_per_sample;
		own.singles = 0;
		change_turn(i ? guests[0] : NULL, guests[i]);
		ret = start_twin(guests[i], twins[i].cell, &own, err);
	}
	if (!ret)
		ret = alternate(guests, req->samples, err, which);
	for (int i = 0; i < 2; i++)
		watchdog__stop(&dog[i]);
	setup__leave(&saved);
	load__stop(&load);
	return ret;
}

/* A guest that takes its turns between the samples of a process. */
struct turns {
	struct guest *guest;
	unsigned int done, samples;
	struct error *err;
	int ret;
};

/*
 * Keeps the same order as for two guests: the process's sample 0, then the guest's 0 and 1, then
 * the process's 1 and 2 …
 */
static void guest_turn(void *ctx, unsigned int sample)
{
	struct turns *t = ctx;
	unsigned int due = sample + (sample & 1);

	while (!t->ret && t->done < due && t->done < t->samples) {
		t->done++;
		t->ret = guest__run_to(t->guest, t->done == t->samples ? HV_BELL_END : HV_BELL_STEP,
				       t->err);
	}
	/* After its own last sample, run whatever is left of the guest's. */
	if (sample == t->samples && t->done < t->samples && !t->ret)
		guest_turn(ctx, sample + 1);
}

/*
 * `ret` is 0; -EAGAIN: the guest refused its command, and the mailbox says why; or another error,
 * with its message.
 */
static void conclude(struct guest *guest, int ret, const struct error *err, const struct cell *cell,
		     const struct measure_request *req, struct measurement *m)
{
	if (ret && ret != -EAGAIN)
		guest__explain(guest, err, m, req->timeout_ms);
	else
		guest__collect(guest, ret, cell, m);
}

static int run_beside(const struct backend *other, const struct twin twins[2],
		      const struct measure_request *req, struct pair *pair)
{
	struct measurement *m[2] = { measurement__new(), measurement__new() };
	struct guest *guest = &twins[1].instance->guests[0];
	struct measure_request own = *req;
	struct error err = { 0 };
	struct turns turns = { .guest = guest, .samples = req->samples, .err = &err };
	struct setup_thread saved;
	struct watchdog dog = { 0 };
	struct load load;
	int ret = m[0] && m[1] ? load__start(&load, guest->vm.config.load, &err) : -ENOMEM, which;

	if (ret)
		goto out;
	own.ops_per_sample = twins[1].ops_per_sample;
	own.singles = 0;
	ret = guest__enter_thread(guest, &saved, &err);
	if (!ret)
		ret = watchdog__start(&dog, &guest->vm.vcpus[0], req->timeout_ms, &err);
	if (!ret)
		ret = boot_and_stay(&guest, 1, &err, &which);
	if (!ret)
		ret = start_twin(guest, twins[1].cell, &own, &err);
	if (!ret) {
		other->run_in_turns(&twins[0], req, guest_turn, &turns, m[0]);
		ret = turns.ret ?: guest__run_to(guest, HV_BELL_READY, &err);
	}
	watchdog__stop(&dog);
	setup__leave(&saved);
	load__stop(&load);
	conclude(guest, ret, &err, twins[1].cell, req, m[1]);
out:
	pair->status = !m[0] || !m[1] ? MEASURE_FAILED : m[0]->status ? m[0]->status : m[1]->status;
	if (pair->status == MEASURE_OK) {
		pair->tsc_khz = guest->vm.tsc_khz;
		compare_twins(twins, m, pair);
	} else {
		snprintf(pair->reason, sizeof(pair->reason), "%s",
			 err.text[0]  ? err.text :
			 m[0] && m[1] ? m[m[0]->status ? 0 : 1]->reason :
					"out of memory");
	}
	measurement__free(m[0]);
	measurement__free(m[1]);
	return 0;
}

/*
 * Keeps a twin's other threads off the CPU of the calling thread, so that all of them run at once,
 * and do so in every pair. `elsewhere` is where they may be; with pin= that is where the second
 * vCPU is.
 */
static int spread(struct guest *guest, struct cpus *elsewhere, struct error *err)
{
	struct vm *vm = &guest->vm;
	int cpu = sched_getcpu(), ret = cpus__get_affinity(0, elsewhere);

	if (vm->config.pinned)
		*elsewhere = vm->config.pin;
	if (cpu >= 0)
		cpus__drop(elsewhere, (unsigned int)cpu);
	if (ret || !cpus__count(elsewhere))
		return error__set(err, ret ?: -EOPNOTSUPP, "its threads need two CPUs");
	for (unsigned int i = 1; i < vm->nr_vcpus && !vm->config.pinned; i++)
		if (vm->vcpus[i].has_thread && vm->vcpus[i].tid)
			cpus__set_affinity(vm->vcpus[i].tid, elsewhere);
	return 0;
}

static void hold(struct guest *guest, struct injector *injector)
{
	hold_vcpus(guest);
	injector__hold(injector);
}

static void let_go(struct guest *guest, struct injector *injector)
{
	let_go_vcpus(guest);
	injector__let_go(injector);
}

/*
 * Takes turns with an operation of the host, which comes first; all threads of the guest are held
 * during the host's turn. Where blocks do not fit, the side that has its samples lets the other go
 * on.
 */
static int alternate_with_op(struct guest *guest, struct injector *injector,
			     const struct host_op *op, void *state, unsigned int samples,
			     struct measurement *beside, struct error *err)
{
	unsigned int done[2] = { 0 };
	bool held = false;
	int ret = 0;

	for (unsigned int i = 0; i < 2 * samples && !ret; i++) {
		int side = side_of(i / BLOCK);

		if (done[side] == samples)
			side = !side;
		done[side]++;
		if (side) {
			if (held)
				let_go(guest, injector);
			held = false;
			ret = guest__run_to(guest, done[1] == samples ? HV_BELL_END : HV_BELL_STEP,
					    err);
			continue;
		}
		if (!held)
			hold(guest, injector);
		held = true;
		beside->samples[beside->nr_samples] = op->run(state);
		if (beside->samples[beside->nr_samples++] < 0)
			ret = error__set(err, -EIO, "%s, which it is measured beside, failed",
					 op->name);
	}
	if (held)
		let_go(guest, injector);
	return ret ? ret : guest__run_to(guest, HV_BELL_READY, err);
}

/*
 * The guest has booted and its threads are placed; the operation of the host has to know where they
 * are.
 */
static int run_placed(struct guest *guest, const struct twin twins[2],
		      const struct measure_request *req, struct measurement *beside,
		      struct error *err)
{
	const struct host_op *op = twins[0].op;
	struct measure_request own = *req;
	struct injector injector = { 0 };
	struct setup_thread saved;
	struct cpus elsewhere;
	void *state = NULL;
	int ret, which;

	own.ops_per_sample = twins[1].ops_per_sample;
	own.singles = 0;
	ret = spread(guest, &elsewhere, err);
	if (!ret && twins[1].cell->workload->needs & NEEDS_INJECTOR)
		ret = injector__start(&injector, &guest->vm, &elsewhere, err);
	if (!ret) {
		ret = guest__enter_thread(guest, &saved, err);
		if (!ret)
			ret = boot_and_stay(&guest, 1, err, &which);
		if (!ret)
			ret = start_twin(guest, twins[1].cell, &own, err);
		if (!ret && op->open)
			ret = op->open(&state, &elsewhere, err);
		if (!ret) {
			ret = alternate_with_op(guest, &injector, op, state, req->samples, beside,
						err);
			if (op->close)
				op->close(state);
		}
		setup__leave(&saved);
	}
	injector__stop(&injector);
	return ret;
}

static void run_beside_op(const struct twin twins[2], const struct measure_request *req,
			  struct measurement *m[2])
{
	struct guest *guest = &twins[1].instance->guests[0];
	struct setup_thread saved;
	struct watchdog dog = { 0 };
	struct error err = { 0 };
	struct load load;
	int ret = load__start(&load, guest->vm.config.load, &err);

	if (!ret) {
		ret = guest__enter_thread(guest, &saved, &err);
		if (!ret)
			ret = watchdog__start(&dog, &guest->vm.vcpus[0], req->timeout_ms, &err);
		/*
		 * Boot before moving to one CPU, or the threads of other vCPUs would be there too.
		 */
		if (!ret && !guest->booted)
			ret = guest__boot(guest, &err);
		if (!ret)
			ret = run_placed(guest, twins, req, m[0], &err);
		watchdog__stop(&dog);
		setup__leave(&saved);
	}
	load__stop(&load);
	conclude(guest, ret, &err, twins[1].cell, req, m[1]);
}

static void run_with_op(const struct twin twins[2], const struct measure_request *req,
			struct measurement *m[2], struct pair *pair)
{
	double cycles_per_ns;

	m[0]->samples = calloc(req->samples, sizeof(double));
	m[0]->ops_per_sample = 1;
	if (!m[0]->samples)
		measurement__fail(m[1], MEASURE_FAILED, "out of memory");
	else if (!twins[1].instance->nr_guests)
		measurement__fail(m[1], MEASURE_FAILED, "measured by the host: it has no twin");
	else
		run_beside_op(twins, req, m);
	pair->status = m[1]->status;
	snprintf(pair->reason, sizeof(pair->reason), "%s", m[1]->reason);
	if (pair->status != MEASURE_OK)
		return;
	pair->tsc_khz = twins[1].instance->guests[0].vm.tsc_khz;
	cycles_per_ns = pair->tsc_khz ? (double)pair->tsc_khz / 1e6 : 1;
	for (unsigned int i = 0; i < m[0]->nr_samples; i++)
		m[0]->samples[i] *= cycles_per_ns;
	compare_twins(twins, m, pair);
}

int kvm_twins__run_pair(const struct twin twins[2], const struct measure_request *req,
			struct pair *pair)
{
	const struct backend *other = twins[0].op ? NULL : backend__find(twins[0].cell->backend);
	struct measurement *m[2] = { measurement__new(), measurement__new() };
	struct guest *guests[2];
	struct error err = { 0 };
	int ret, which = 0;

	*pair = (struct pair){ .status = MEASURE_FAILED };
	if (twins[1].cell->config.neighbour) {
		measurement__free(m[0]);
		measurement__free(m[1]);
		pair->status = MEASURE_SKIPPED;
		snprintf(pair->reason, sizeof(pair->reason),
			 "neighbour=: two VMs that take turns have no third one beside them; use "
			 "a matrix");
		return 0;
	}
	if (twins[0].op) {
		if (m[0] && m[1])
			run_with_op(twins, req, m, pair);
		else
			snprintf(pair->reason, sizeof(pair->reason), "out of memory");
		goto out;
	}
	if (!config__same_thread(&twins[0].cell->config, &twins[1].cell->config)) {
		pair->status = MEASURE_SKIPPED;
		snprintf(pair->reason, sizeof(pair->reason),
			 "twins take turns in one thread, so they cannot "
			 "differ in pin, sched, load or numa (numa= alone can, with the same "
			 "pin=CPU): --apart "
			 "measures without turns");
		goto out;
	}
	if (other && other->run_in_turns) {
		run_beside(other, twins, req, pair);
		goto out;
	}
	for (int i = 0; i < 2; i++) {
		if (!m[i] || !twins[i].instance->nr_guests) {
			snprintf(pair->reason, sizeof(pair->reason), "%s",
				 m[i] ? "measured by the host: it has no twin" : "out of memory");
			goto out;
		}
		guests[i] = &twins[i].instance->guests[0];
	}
	ret = take_turns(guests, twins, req, &err, &which);
	for (int i = 0; i < 2; i++) {
		if (ret && ret != -EAGAIN) {
			if (i == which)
				guest__explain(guests[i], &err, m[i], req->timeout_ms);
		} else if (!ret || i == which) {
			guest__collect(guests[i], ret, twins[i].cell, m[i]);
		}
		if (m[i]->status != MEASURE_OK) {
			pair->status = m[i]->status;
			snprintf(pair->reason, sizeof(pair->reason), "%s", m[i]->reason);
			goto out;
		}
	}
	pair->tsc_khz = guests[0]->vm.tsc_khz;
	compare_twins(twins, m, pair);
out:
	measurement__free(m[0]);
	measurement__free(m[1]);
	return 0;
}

/*
 * The side of each sample of one VM: in each two both, in an order drawn by lot. In one VM a fixed
 * order would always meet the same places, where a workload goes through its memory in as many
 * samples: then one side has the costlier quarter of it, in every VM. -ENOMEM: NULL.
 */
static unsigned char *draw_sides(unsigned int nr, uint64_t seed)
{
	unsigned char *sides = malloc(nr + 1);
	struct rng rng;

	rng__seed(&rng, seed);
	for (unsigned int i = 0; sides && i < nr; i++)
		sides[i] = i & 1 ? !sides[i - 1] : (unsigned char)rng__below(&rng, 2);
	return sides;
}

/* Splits the samples of one VM, which alternated between two sides, into two measurements. */
static int part_sides(const struct measurement *m, const unsigned char *sides,
		      struct measurement *side[2])
{
	for (int s = 0; s < 2; s++) {
		side[s]->samples = calloc(m->nr_samples + 1, sizeof(double));
		side[s]->empty = calloc(m->nr_empty + 1, sizeof(double));
		if (!side[s]->samples || !side[s]->empty)
			return -ENOMEM;
		memcpy(side[s]->empty, m->empty, m->nr_empty * sizeof(double));
		side[s]->nr_empty = m->nr_empty;
		side[s]->ops_per_sample = m->ops_per_sample;
	}
	for (unsigned int i = 0; i < m->nr_samples; i++) {
		struct measurement *to = side[sides[i]];

		to->samples[to->nr_samples++] = m->samples[i];
	}
	return 0;
}

static int take_turns_alone(struct guest *guest, const struct twin *twin,
			    void (*set)(void *ctx, int side), void *ctx, const unsigned char *sides,
			    const struct measure_request *req, struct error *err)
{
	struct setup_thread saved;
	struct watchdog dog = { 0 };
	struct load load;
	int ret = load__start(&load, guest->vm.config.load, err), which;

	if (ret)
		return ret;
	ret = guest__enter_thread(guest, &saved, err);
	if (!ret)
		ret = watchdog__start(&dog, &guest->vm.vcpus[0], req->timeout_ms, err);
	if (!ret)
		ret = boot_and_stay(&guest, 1, err, &which);
	if (!ret)
		ret = start_twin(guest, twin->cell, req, err);
	for (unsigned int i = 0; i < req->samples && !ret; i++) {
		set(ctx, sides[i]);
		ret = guest__run_to(guest, i + 1 == req->samples ? HV_BELL_END : HV_BELL_STEP, err);
	}
	if (!ret)
		ret = guest__run_to(guest, HV_BELL_READY, err);
	watchdog__stop(&dog);
	setup__leave(&saved);
	load__stop(&load);
	return ret;
}

int kvm_twins__run_toggled(const struct twin *twin, void (*set)(void *ctx, int side), void *ctx,
			   const struct measure_request *req, struct pair *pair)
{
	struct measurement *m = measurement__new();
	struct measurement *side[2] = { measurement__new(), measurement__new() };
	struct measure_request own = *req;
	unsigned int nr = req->samples * 2 < HV_MAX_SAMPLES ? req->samples * 2 : HV_MAX_SAMPLES;
	unsigned char *sides = draw_sides(nr, clock__ns());
	struct guest *guest;
	struct error err = { 0 };
	int ret;

	*pair = (struct pair){ .status = MEASURE_FAILED };
	if (!m || !side[0] || !side[1] || !sides || !twin->instance->nr_guests) {
		snprintf(pair->reason, sizeof(pair->reason), "nothing to alternate in");
		goto out;
	}
	own.ops_per_sample = twin->ops_per_sample;
	own.samples = nr;
	own.singles = 0;
	guest = &twin->instance->guests[0];
	ret = take_turns_alone(guest, twin, set, ctx, sides, &own, &err);
	conclude(guest, ret, &err, twin->cell, req, m);
	if (m->status == MEASURE_OK && part_sides(m, sides, side))
		measurement__fail(m, MEASURE_FAILED, "out of memory");
	pair->status = m->status;
	snprintf(pair->reason, sizeof(pair->reason), "%s", m->reason);
	pair->tsc_khz = guest->vm.tsc_khz;
	if (m->status == MEASURE_OK)
		compare_twins((struct twin[]){ *twin, *twin }, side, pair);
out:
	free(sides);
	measurement__free(m);
	measurement__free(side[0]);
	measurement__free(side[1]);
	return 0;
}
