// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/observed_rounds.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/backends/net_cost.h"
#include "arch.h"
#include "bench/base/clock.h"
#include "bench/base/json.h"
#include "bench/measure/known_exits.h"
#include "bench/result/gaps.h"
#include "bench/result/metrics_json.h"
#include "probes/exits.h"
#include "probes/exits_choose.h"
#include "probes/exits_profile.h"
#include "probes/exits_read.h"
#include "probes/exits_source.h"
#include "probes/pidns.h"
#include "probes/probes.h"
#include "probes/stops.h"

#define DETACH_NS 200000

struct observer {
	pid_t self;
	struct exits *exits; /* NULL: no source */
	struct probes *context;
	struct exits_choice choice;
	struct observation *into;
	struct exits_time before; /* of the profile, at the beginning of the round */
	/* For context rounds: each VM reaches its window in a thread of its own. */
	pthread_mutex_t lock;
	unsigned int vms, begun, ended;
	/* For workloads that note gaps: what happened to the first VM's vCPU 0. */
	bool gaps;
	struct stops *stops; /* NULL: not there, `stops_err` says why */
	struct error stops_err;
	struct gap_account account;
	struct pair cost; /* of an exit: unobserved against observed */
	struct error err;
};

struct observer *observe__open(void)
{
	struct observer *o = calloc(1, sizeof(*o));
	struct exits_options opts = { .target = { .nr_pids = 1, .vcpu = -1 } };
	struct pidns ns;

	if (!o)
		return NULL;
	pidns__find(&ns);
	o->self = ns.self;
	pthread_mutex_init(&o->lock, NULL);
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
	o->context = probes__open(&opts.target);
	if (!o->context) {
		observe__close(o);
		return NULL;
	}
	return o;
}

void observe__close(struct observer *o)
{
	if (!o)
		return;
	if (o->exits)
		exits__close(o->exits);
	probes__close(o->context);
	stops__close(o->stops);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

bool observe__usable(const struct observer *o)
{
	return o && o->exits;
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
	o->before = exits_profile__time(&obs->profile, 0);
	req->on_window = on_window;
	req->window_ctx = o;
}

void observe__add(struct observer *o, struct observation *obs, const struct workload *w,
		  const struct measurement *m, bool exact)
{
	char text[256];

	if (m->status != MEASURE_OK) {
		error__set(&obs->err, -EIO, "the observed round failed: %.900s", m->reason);
		return;
	}
	observation__end_round(obs, &o->before, m->window_ops, exact);
	obs->lost += exits__lost(o->exits, NULL, text, sizeof(text));
	if (m->nr_samples)
		obs->net_cycles = net_cost__median(w, m);
	obs->hardware_names = o->choice.source != EXITS_TRACEPOINTS;
	obs->tsc_khz = m->tsc_khz;
	obs->rounds++;
}

/* Adds one probe's part: its metrics, or why there are none. */
static void add_part(const struct probe *probe, const struct metrics *metrics, const char *why,
		     void *ctx)
{
	struct observation *obs = ctx;

	json_object_set_new(obs->context, probe->name,
			    metrics ? metrics_json__metrics(metrics) :
				      json_pack("{s:o}", "why", json__text(why)));
}

static void end_context(struct observer *o, struct observation *obs)
{
	json_decref(obs->context);
	obs->context = json_object();
	probes__end(o->context, add_part, obs);
}

/* By the thread that runs vCPU 0. */
static void begin_stops(struct observer *o)
{
	stops__close(o->stops);
	o->stops_err = (struct error){ 0 };
	o->account = (struct gap_account){ .stops = NULL };
	if (!stops__open(&o->stops, gettid(), &o->stops_err) &&
	    stops__begin(o->stops, &o->stops_err)) {
		stops__close(o->stops);
		o->stops = NULL;
	}
	o->account.begin = (struct gap_moment){ arch_clock(), clock__kernel_ns() };
}

static void end_stops(struct observer *o)
{
	if (o->account.end.tsc)
		return;
	o->account.end = (struct gap_moment){ arch_clock(), clock__kernel_ns() };
	if (o->stops)
		stops__end(o->stops, &o->account.stops, &o->account.nr_stops, &o->account.lost);
}

static void add_gaps(struct observer *o, struct observation *obs, const struct measurement *m)
{
	json_t *part;

	if (o->stops_err.code)
		o->account.why = o->stops_err.text;
	part = gaps__account(m->gaps, &o->account);
	if (part)
		json_object_set_new(obs->context, "gaps", part);
}

/*
 * The window runs from the first VM's begin to the last one's end; VMs that begin while probes
 * attach wait.
 */
static void on_context(void *ctx, bool begins)
{
	struct observer *o = ctx;

	pthread_mutex_lock(&o->lock);
	if (!begins && o->gaps)
		end_stops(o);
	if (begins && !o->begun++) {
		probes__begin(o->context);
		if (o->gaps)
			begin_stops(o);
	} else if (!begins && ++o->ended == o->vms)
		end_context(o, o->into);
	pthread_mutex_unlock(&o->lock);
}

void observe__arm_context(struct observer *o, struct observation *obs, unsigned int vms, bool gaps,
			  struct measure_request *req)
{
	o->into = obs;
	o->vms = vms;
	o->gaps = gaps;
	o->begun = o->ended = 0;
	req->on_window = on_context;
	req->window_ctx = o;
	req->steal = true;
}

void observe__add_context(struct observer *o, struct observation *obs, const struct measurement *m)
{
	const char *name;
	json_t *part;

	/* Some VMs did not reach the end of their window. */
	if (o->begun && o->ended < o->vms)
		end_context(o, obs);
	if (m->status != MEASURE_OK) {
		json_decref(obs->context);
		obs->context = NULL;
		return;
	}
	json_object_foreach(obs->context, name, part)
		json_object_set_new(part, "window_ops", json__u64(m->window_ops));
	if (o->gaps)
		add_gaps(o, obs, m);
	part = json_object_get(obs->context, "sched");
	if (part)
		observation__add_steal(part, &m->steal, m->window_ops);
}

static void set_probe(void *ctx, int on)
{
	struct observer *o = ctx;
	const struct timespec settled = { .tv_nsec = DETACH_NS };

	if (on)
		exits__resume(o->exits, &o->err);
	else
		exits__end(o->exits);
	/* The kernel may detach a link later, from a work item. */
	nanosleep(&settled, NULL);
}

void observe__measure_cost(struct observer *o, const struct backend *backend,
			   const struct twin *twin, const struct measure_request *req)
{
	exits__end(o->exits);
	backend->run_toggled(twin, set_probe, o, req, &o->cost);
	exits__end(o->exits);
	exits__resume(o->exits, &o->err);
}

json_t *observe__source(const struct observer *o)
{
	json_t *source = metrics_json__source(&o->choice);
	bool known = isfinite(observation__cost_ns(&o->cost, 0));

	json_object_set_new(source, "cost_ns",
			    json__number(observation__cost_ns(&o->cost, o->cost.log_ratio)));
	json_object_set_new(
		source, "cost_ns_ci95",
		known ? json_pack("[oo]", json__number(observation__cost_ns(&o->cost, o->cost.low)),
				  json__number(observation__cost_ns(&o->cost, o->cost.high))) :
			json_null());
	return source;
}

void observe__to_cell(const struct observer *o, const struct observation *obs, json_t *cell)
{
	observation__to_cell(obs, &o->cost, cell);
}
