// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/stats.h"
#include "calibrate.h"
#include "metrics_json.h"
#include "probes/counters.h"
#include "probes/mmu.h"
#include "probes/sched.h"
#include "result.h"

/* How far the number of a reason may be from what was expected. */
#define EXITS_TOLERANCE	0.001
/* By how much the guest's steal time and its threads' run-queue delay may differ. */
#define STEAL_TOLERANCE	0.2
#define STEAL_TOLERANCE_NS	1e6
#define DETACH_NS	200000
#define MAX_THREADS	1024

struct observer {
	pid_t self;
	struct exits *exits;		/* NULL: no source */
	/* Each NULL where it is not to be had, and why. */
	struct sched_probe *sched;
	struct mmu_probe *mmu;
	struct counters_probe *counters;
	struct error no_sched, no_mmu, no_counters;
	struct exits_choice choice;
	struct observation *into;
	struct pair cost;		/* of an exit, unobserved and observed */
	struct error err;
};

struct observer *observe__open(void)
{
	struct observer *o = calloc(1, sizeof(*o));
	struct exits_options opts = { .target = { .nr_pids = 1, .vcpu = -1 } };

	if (!o)
		return NULL;
	o->self = getpid();
	opts.target.pids = &o->self;
	exits__choose(&o->exits, &opts, calibrate__take_exits, NULL, CALIBRATE_EXITS, &o->choice);
	if (o->exits) {
		struct error err = { 0 };

		exits__end(o->exits);
		if (exits__begin(o->exits, &err)) {
			exits__close(o->exits);
			o->exits = NULL;
		}
	}
	if (sched__open(&o->sched, &opts.target, MAX_THREADS, &o->no_sched))
		o->sched = NULL;
	if (mmu__open(&o->mmu, &opts.target, &o->no_mmu))
		o->mmu = NULL;
	if (counters__open(&o->counters, &opts.target, &o->no_counters))
		o->counters = NULL;
	return o;
}

void observe__close(struct observer *o)
{
	if (!o)
		return;
	if (o->exits)
		exits__close(o->exits);
	if (o->sched)
		sched__close(o->sched);
	if (o->mmu)
		mmu__close(o->mmu);
	if (o->counters)
		counters__close(o->counters);
	free(o);
}

bool observe__usable(const struct observer *o)
{
	return o && o->exits;
}

const struct exits_choice *observe__choice(const struct observer *o)
{
	return &o->choice;
}

struct observation *observation__new(void)
{
	return calloc(1, sizeof(struct observation));
}

void observation__free(struct observation *obs)
{
	if (!obs)
		return;
	exits_profile__free(&obs->profile);
	json_decref(obs->context);
	free(obs);
}

static void sum_up(const struct exits_delta *delta, void *ctx)
{
	struct observer *o = ctx;

	if (exits_profile__add(&o->into->profile, o->exits, delta, 0))
		error__set(&o->into->err, -ENOMEM, "out of memory");
}

static void on_window(void *ctx, bool begins)
{
	struct observer *o = ctx;

	if (begins)
		exits__open_window(o->exits, &o->into->err);
	else
		exits__close_window(o->exits, sum_up, o, &o->into->err);
}

void observe__arm(struct observer *o, struct observation *obs, struct measure_request *req)
{
	o->into = obs;
	req->on_window = on_window;
	req->window_ctx = o;
}

void observe__add(struct observer *o, struct observation *obs, const struct measurement *m)
{
	char text[256];

	if (m->status != MEASURE_OK) {
		error__set(&obs->err, -EIO, "the observed round failed: %.900s", m->reason);
		return;
	}
	obs->window_ops += m->window_ops;
	obs->lost += exits__lost(o->exits, NULL, text, sizeof(text));
	if (m->nr_samples)
		obs->net_cycles = (stats__median(m->samples, m->nr_samples) -
				   (m->nr_empty ? stats__median(m->empty, m->nr_empty) : 0)) /
				  (double)m->ops_per_sample;
	obs->hardware_names = o->choice.source != EXITS_TRACEPOINTS;
	obs->tsc_khz = m->tsc_khz;
	obs->rounds++;
}

static json_t *not_measured(const struct error *why)
{
	return json_pack("{s:o}", "why", json__text(why->text));
}

/* One probe's part: its metrics, or why there are none. */
static void add_part(struct observation *obs, const char *name, int ret, struct metrics *metrics,
		     const struct error *why)
{
	json_object_set_new(obs->context, name, ret ? not_measured(why) :
						      metrics_json__metrics(metrics));
	metrics__free(metrics);
}

static void end_context(struct observer *o, struct observation *obs)
{
	struct error err;
	struct metrics m;
	int ret;

	json_decref(obs->context);
	obs->context = json_object();
	err = o->no_counters;
	metrics__init(&m);
	ret = o->counters ? counters__end(o->counters, &m, &err) : -1;
	add_part(obs, "counters", ret, &m, &err);
	err = o->no_mmu;
	metrics__init(&m);
	ret = o->mmu ? mmu__end(o->mmu, &m, &err) : -1;
	add_part(obs, "mmu", ret, &m, &err);
	err = o->no_sched;
	metrics__init(&m);
	ret = o->sched ? sched__end(o->sched, &m, &err) : -1;
	add_part(obs, "sched", ret, &m, &err);
}

static void on_context(void *ctx, bool begins)
{
	struct observer *o = ctx;

	if (!begins) {
		end_context(o, o->into);
		return;
	}
	/* Counters last: what attaching the others takes is not to be counted. */
	if (o->sched && sched__begin(o->sched, &o->no_sched)) {
		sched__close(o->sched);
		o->sched = NULL;
	}
	if (o->mmu && mmu__begin(o->mmu, &o->no_mmu)) {
		mmu__close(o->mmu);
		o->mmu = NULL;
	}
	if (o->counters && counters__begin(o->counters, &o->no_counters)) {
		counters__close(o->counters);
		o->counters = NULL;
	}
}

void observe__arm_context(struct observer *o, struct observation *obs, struct measure_request *req)
{
	o->into = obs;
	req->on_window = on_context;
	req->window_ctx = o;
	req->steal = true;
}

static void not_known(json_t *part, const char *name, const char *why)
{
	json_t *missing = json_object_get(part, "not_measured");

	if (!missing) {
		json_object_set_new(part, "not_measured", json_object());
		missing = json_object_get(part, "not_measured");
	}
	json_object_set_new(part, name, json_null());
	json_object_set_new(missing, name, json__text(why));
}

/* "NAME", and of it an operation and a second of the window. */
static void add_delay(json_t *part, const char *name, double ns, const struct measurement *m)
{
	char longer[64];

	json_object_set_new(part, name, json__number(ns));
	snprintf(longer, sizeof(longer), "%s_per_op", name);
	json_object_set_new(part, longer, json__number(m->window_ops ? ns / (double)m->window_ops : NAN));
	snprintf(longer, sizeof(longer), "%s_per_s", name);
	json_object_set_new(part, longer, json__number(m->steal.window_ns ?
						       ns * 1e9 / (double)m->steal.window_ns : NAN));
}

/* Two accounts of one thing, if the host's scheduler is all that stops a vCPU. */
static bool steal_agrees(const struct steal *steal)
{
	double guest = (double)steal->ns, host = (double)steal->host_ns;

	return fabs(guest - host) <= fmax(STEAL_TOLERANCE * fmax(guest, host), STEAL_TOLERANCE_NS);
}

static void add_steal(json_t *sched, const struct measurement *m)
{
	const struct steal *steal = &m->steal;

	json_object_set_new(sched, "window_ns", json__u64(steal->window_ns));
	if (steal->known)
		add_delay(sched, "guest_steal_ns", (double)steal->ns, m);
	else
		not_known(sched, "guest_steal_ns", steal->why);
	if (steal->host_known)
		add_delay(sched, "host_delay_ns", (double)steal->host_ns, m);
	else
		not_known(sched, "host_delay_ns", "/proc/PID/task/TID/schedstat cannot be read");
	json_object_set_new(sched, "steal_agrees", steal->known && steal->host_known ?
						   json_boolean(steal_agrees(steal)) : json_null());
}

void observe__add_context(struct observer *o, struct observation *obs, const struct measurement *m)
{
	const char *name;
	json_t *part;

	(void)o;
	if (m->status != MEASURE_OK) {
		json_decref(obs->context);
		obs->context = NULL;
		return;
	}
	json_object_foreach(obs->context, name, part)
		json_object_set_new(part, "window_ops", json__u64(m->window_ops));
	part = json_object_get(obs->context, "sched");
	if (part)
		add_steal(part, m);
}

/* By name what was seen, beside what was expected of that name. */
static void add_per_op(const struct observation *obs, bool hardware_names, json_t *exits)
{
	json_t *per_op = json_object_get(exits, "per_op"), *expected = json_object_get(exits, "expected");
	double ops = (double)obs->window_ops;
	bool agrees = true;
	const char *name;
	json_t *count;

	for (size_t i = 0; i < obs->profile.nr; i++) {
		const struct exits_sum *s = obs->profile.list[i];

		if (s->kind == EXITS_BY_REASON && s->count && s->group == 0)
			json_object_set_new(per_op, s->name, json__number((double)s->count / ops));
	}
	/* Where a tracepoint stands for the reason, names cannot agree. */
	if (!hardware_names || !json_is_object(expected))
		return;
	json_object_foreach(expected, name, count) {
		double seen = json_number_value(json_object_get(per_op, name));

		agrees &= fabs(seen - json_number_value(count)) <= EXITS_TOLERANCE;
	}
	json_object_set_new(exits, "reasons_as_expected", json_boolean(agrees));
}

static void set_probe(void *ctx, int on)
{
	struct observer *o = ctx;
	const struct timespec settled = { .tv_nsec = DETACH_NS };

	if (on)
		exits__resume(o->exits, &o->err);
	else
		exits__end(o->exits);
	/* Kernels may take a link down by a work item. */
	nanosleep(&settled, NULL);
}

void observe__measure_cost(struct observer *o, const struct backend *backend, const struct twin *twin,
			   const struct measure_request *req)
{
	exits__end(o->exits);
	backend->run_toggled(twin, set_probe, o, req, &o->cost);
	exits__end(o->exits);
	exits__resume(o->exits, &o->err);
}

/* ns an exit, from a logarithm of observed / unobserved; NAN where it is not known. */
static double cost_ns(const struct observer *o, double log_ratio)
{
	if (o->cost.status != MEASURE_OK || !o->cost.alternations || !o->cost.tsc_khz)
		return NAN;
	return expm1(log_ratio) * o->cost.a * 1e6 / (double)o->cost.tsc_khz;
}

json_t *observe__source(const struct observer *o)
{
	json_t *source = metrics_json__source(&o->choice);
	bool known = isfinite(cost_ns(o, 0));

	json_object_set_new(source, "cost_ns", json__number(cost_ns(o, o->cost.log_ratio)));
	json_object_set_new(source, "cost_ns_ci95", known ?
			    json_pack("[oo]", json__number(cost_ns(o, o->cost.low)),
				      json__number(cost_ns(o, o->cost.high))) : json_null());
	return source;
}

/*
 * The guest saw an operation take so long while it was observed; what the host saw of that is in
 * `cost`; the rest is the world switch. What the probe costs an exit was measured once for the run.
 */
static void add_cost(const struct observer *o, const struct observation *obs, json_t *cell)
{
	json_t *cost = metrics_json__cost(&obs->profile, 0, (double)obs->window_ops);
	double khz = (double)obs->tsc_khz, observed_ns, seen;
	const char *unit = json_string_value(json_object_get(cell, "unit"));
	/* Under an instruction-counting clock the kernel's ns are instructions where the TSC runs at 1 GHz. */
	bool in_ns = khz > 0 && unit && (!strcmp(unit, "ns") || (!strcmp(unit, "insn") && khz == 1e6));

	if (in_ns && obs->net_cycles > 0 && json_is_object(cost)) {
		observed_ns = obs->net_cycles * 1e6 / khz;
		seen = json_number_value(json_object_get(cost, "kernel")) +
		       json_number_value(json_object_get(cost, "user")) +
		       json_number_value(json_object_get(cost, "off_cpu"));
		json_object_set_new(cost, "switch", json__number(observed_ns - seen));
		json_object_set_new(cost, "observed", json__number(observed_ns));
	}
	json_object_set_new(cell, "cost", cost);
	if (in_ns)
		json_object_set_new(cell, "probe_cost",
				    json__number(cost_ns(o, o->cost.log_ratio) *
						 (double)exits_profile__count(&obs->profile) /
						 (double)obs->window_ops));
}

static void warn_of_steal(json_t *cell)
{
	const json_t *sched = json_object_get(cell, "sched");

	if (!json_is_false(json_object_get(sched, "steal_agrees")))
		return;
	result__warn(cell, "%.2f %% of its time were stolen by the guest's own account, but its vCPU threads waited "
		     "%.2f %% of it for a CPU by the host's",
		     json_number_value(json_object_get(sched, "guest_steal_ns_per_s")) / 1e7,
		     json_number_value(json_object_get(sched, "host_delay_ns_per_s")) / 1e7);
}

void observe__to_cell(const struct observer *o, const struct observation *obs, json_t *cell)
{
	json_t *exits = json_object_get(cell, "exits");

	if (obs->context)
		json_object_update(cell, obs->context);
	warn_of_steal(cell);
	if (obs->err.code)
		result__warn(cell, "exits by reason: %s", obs->err.text);
	if (!obs->window_ops || !json_is_object(exits))
		return;
	json_object_set_new(exits, "by_reason",
			    metrics_json__by_reason(&obs->profile, EXITS_BY_REASON, 0,
						    (double)obs->window_ops));
	json_object_set_new(exits, "lost", json__u64(obs->lost));
	json_object_set_new(exits, "observed_ops", json__u64(obs->window_ops));
	add_per_op(obs, obs->hardware_names, exits);
	add_cost(o, obs, cell);
}
