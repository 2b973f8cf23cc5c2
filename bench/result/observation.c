// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/result/observation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/exits.h"
#include "bench/result/metrics_json.h"
#include "bench/result/warnings.h"
#include "probes/exits_profile.h"

/* By how much the guest's steal time and its threads' run-queue delay may differ. */
#define STEAL_TOLERANCE	   0.2
#define STEAL_TOLERANCE_NS 1e6

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

void observation__end_round(struct observation *obs, const struct exits_time *before, uint64_t ops,
			    bool exact)
{
	struct exits_time now = exits_profile__time(&obs->profile, 0);
	struct exits_time round = { now.ns - before->ns, now.user_ns - before->user_ns,
				    now.off_ns - before->off_ns, now.timed - before->timed };

	obs->window_ops += ops;
	if (!exact || !ops || !round.timed)
		return;
	if (obs->calm_ops &&
	    (double)round.ns * (double)obs->calm_ops >= (double)obs->calm.ns * (double)ops)
		return;
	obs->calm = round;
	obs->calm_ops = ops;
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

/* Adds "NAME", and the same per operation and per second of the window. */
static void add_delay(json_t *part, const char *name, double ns, const struct steal *steal,
		      uint64_t window_ops)
{
	char longer[64];

	json_object_set_new(part, name, json__number(ns));
	snprintf(longer, sizeof(longer), "%s_per_op", name);
	json_object_set_new(part, longer, json__number(window_ops ? ns / (double)window_ops : NAN));
	snprintf(longer, sizeof(longer), "%s_per_s", name);
	json_object_set_new(part, longer,
			    json__number(steal->window_ns ? ns * 1e9 / (double)steal->window_ns :
							    NAN));
}

/* Both measure the same thing if only the host's scheduler stops a vCPU. */
static bool steal_agrees(const struct steal *steal)
{
	double guest = (double)steal->ns, host = (double)steal->host_ns;

	return fabs(guest - host) <= fmax(STEAL_TOLERANCE * fmax(guest, host), STEAL_TOLERANCE_NS);
}

void observation__add_steal(json_t *sched, const struct steal *steal, uint64_t window_ops)
{
	json_object_set_new(sched, "window_ns", json__u64(steal->window_ns));
	if (steal->known)
		add_delay(sched, "guest_steal_ns", (double)steal->ns, steal, window_ops);
	else
		not_known(sched, "guest_steal_ns", steal->why);
	if (steal->host_known)
		add_delay(sched, "host_delay_ns", (double)steal->host_ns, steal, window_ops);
	else
		not_known(sched, "host_delay_ns", "/proc/PID/task/TID/schedstat cannot be read");
	json_object_set_new(sched, "steal_agrees",
			    steal->known && steal->host_known ? json_boolean(steal_agrees(steal)) :
								json_null());
}

/* Counts by reason name, beside what was expected under that name. */
static void add_per_op(const struct observation *obs, bool hardware_names, json_t *exits)
{
	json_t *per_op = json_object_get(exits, "per_op"),
	       *expected = json_object_get(exits, "expected");
	double ops = (double)obs->window_ops;
	bool agrees = true;
	const char *name;
	json_t *count;

	for (size_t i = 0; i < obs->profile.nr; i++) {
		const struct exits_sum *s = obs->profile.list[i];

		if (s->kind == EXITS_BY_REASON && s->count && s->group == 0)
			json_object_set_new(per_op, s->name, json__number((double)s->count / ops));
	}
	/* Where tracepoints stand for reasons, names cannot match. */
	if (!hardware_names || !json_is_object(expected))
		return;
	json_object_foreach(expected, name, count) {
		double seen = json_number_value(json_object_get(per_op, name));

		agrees &= fabs(seen - json_number_value(count)) <= EXITS_TOLERANCE;
	}
	json_object_set_new(exits, "reasons_as_expected", json_boolean(agrees));
}

/*
 * Exits for the host's own interrupts, which come whatever the guest does. Named as on VMX and SVM.
 */
static bool is_interrupt(const char *reason)
{
	return !strcmp(reason, "EXTERNAL_INTERRUPT") || !strcmp(reason, "interrupt");
}

/*
 * If KVM has no statistic of exits for the measured rounds (before Linux 5.14), the total comes
 * from the observed rounds: what the probe saw, without exits that the host's interrupts forced.
 */
static void add_total(const struct observation *obs, json_t *exits)
{
	json_t *per_op = json_object_get(exits, "per_op"),
	       *expected = json_object_get(exits, "expected_total");
	double total = 0;

	if (!json_is_null(json_object_get(per_op, "total")) || obs->lost)
		return;
	for (size_t i = 0; i < obs->profile.nr; i++) {
		const struct exits_sum *s = obs->profile.list[i];

		if (s->kind == EXITS_BY_REASON && s->group == 0 && !is_interrupt(s->name))
			total += (double)s->count;
	}
	total /= (double)obs->window_ops;
	json_object_set_new(per_op, "total", json__number(total));
	json_object_set_new(exits, "unknown_why", json_null());
	if (json_is_number(expected))
		json_object_set_new(exits, "as_expected",
				    json_boolean(fabs(total - json_number_value(expected)) <=
						 EXITS_TOLERANCE));
}

double observation__cost_ns(const struct pair *cost, double log_ratio)
{
	if (cost->status != MEASURE_OK || !cost->alternations || !cost->tsc_khz)
		return NAN;
	return expm1(log_ratio) * cost->a * 1e6 / (double)cost->tsc_khz;
}

/* A part of the cost; NAN where it was not seen. */
static double part_of(const json_t *cost, const char *name)
{
	const json_t *value = json_object_get(cost, name);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/*
 * With a counting clock the figure is one path's. If so few samples took it, the parts, which are
 * means, are of others as well.
 */
#define ON_PATH_FOR_PARTS 0.9

static bool is_of_many_paths(const json_t *cell)
{
	const json_t *share = json_object_get(json_object_get(cell, "summary"), "on_path");
	bool counted = !strcmp(json_string_value(json_object_get(cell, "unit")) ?: "", "insn");

	return counted && share && !(json_number_value(share) >= ON_PATH_FOR_PARTS);
}

/*
 * What the host saw of an operation is in `cost`; the rest of the cell's figure is the world switch
 * and the guest. The figure is of rounds without the probe, so the probe's own cost is in neither.
 * NULL if the parts were added, else why they would not add up.
 */
static const char *add_rest(json_t *cost, const json_t *cell, double observed_ns,
			    double ns_per_unit)
{
	const char *kind = json_string_value(json_object_get(cell, "kind")) ?: "";
	double kernel = part_of(cost, "kernel"), user = part_of(cost, "user"),
	       off = part_of(cost, "off_cpu");
	double figure = ns_per_unit * part_of(json_object_get(cell, "summary"), "p50"),
	       rest = figure - kernel - user - off;

	if (!strcmp(kind, "self-timed"))
		return "the figure is how late something within the operation was, not what the "
		       "operation took";
	if (!isfinite(observed_ns) || !isfinite(rest))
		return "the guest's clock did not measure the operation";
	if (is_of_many_paths(cell))
		return "too few operations took the path of the figure: what the host saw is of "
		       "others as well";
	json_object_set_new(cost, "observed", json__number(observed_ns));
	if (rest < 0 || kernel < 0 || user < 0 || off < 0)
		return "what the host saw of an operation in observed rounds is more than the "
		       "operation took in the others";
	json_object_set_new(cost, "switch", json__number(rest));
	return NULL;
}

/* The probe's cost per exit was measured once for the run. */
static void add_cost(const struct observation *obs, const struct pair *probe, json_t *cell)
{
	struct exits_time all = exits_profile__time(&obs->profile, 0);
	json_t *cost = metrics_json__cost(obs->calm_ops ? &obs->calm : &all,
					  (double)(obs->calm_ops ?: obs->window_ops));
	double khz = (double)obs->tsc_khz;
	const char *unit = json_string_value(json_object_get(cell, "unit")) ?: "", *why;
	/*
	 * With an instruction-counting clock the kernel's ns are instructions, converted by the
	 * TSC's rate.
	 */
	double ns_per_unit = !strcmp(unit, "ns") ? 1 : !strcmp(unit, "insn") ? 1e6 / khz : NAN;
	bool known = khz > 0 && isfinite(ns_per_unit);

	if (json_is_object(cost)) {
		why = add_rest(cost, cell,
			       known && obs->net_cycles > 0 ? obs->net_cycles * 1e6 / khz : NAN,
			       ns_per_unit);
		json_object_set_new(cost, "why", why ? json_string(why) : json_null());
	}
	json_object_set_new(cell, "cost", cost);
	if (known)
		json_object_set_new(cell, "probe_cost",
				    json__number(observation__cost_ns(probe, probe->log_ratio) *
						 (double)exits_profile__count(&obs->profile) /
						 (double)obs->window_ops / ns_per_unit));
}

static void warn_of_steal(json_t *cell)
{
	const json_t *sched = json_object_get(cell, "sched");

	if (!json_is_false(json_object_get(sched, "steal_agrees")))
		return;
	result__warn(cell,
		     "%.2f %% of its time were stolen by the guest's own account, but its vCPU "
		     "threads waited "
		     "%.2f %% of it for a CPU by the host's",
		     json_number_value(json_object_get(sched, "guest_steal_ns_per_s")) / 1e7,
		     json_number_value(json_object_get(sched, "host_delay_ns_per_s")) / 1e7);
}

void observation__to_cell(const struct observation *obs, const struct pair *probe, json_t *cell)
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
	add_total(obs, exits);
	add_cost(obs, probe, cell);
}
