// SPDX-License-Identifier: GPL-2.0-or-later
/* A cell of the result document, assembled from its parts. */
#include "bench/result/result.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/exits.h"
#include "bench/result/kvmstats.h"
#include "bench/result/parallel.h"
#include "bench/result/rounds.h"
#include "bench/result/samples.h"
#include "bench/result/shares.h"
#include "bench/result/warnings.h"
#include "probes/probe.h"

static json_t *new_params(const struct cell *cell)
{
	const struct workload *w = cell->workload;
	json_t *params = json_object();

	for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++) {
		const struct workload_param *p = &w->params[i];

		json_object_set_new(params, p->name,
				    p->kind == PARAM_CHOICE ?
					    json__text(p->choices[cell->params[i]]) :
					    json__u64(cell->params[i]));
	}
	return params;
}

static json_t *new_config(const struct config *config)
{
	json_t *object = json_object();
	char value[CONFIG_VALUE_BYTES];

	json_object_set_new(object, "name", json__text(config->name));
	for (const struct config_key *key = config_keys; key->name; key++)
		json_object_set_new(object, key->name,
				    json__text(
					    config__get(config, key->name, value, sizeof(value))));
	return object;
}

static json_t *new_label(const struct cell *cell)
{
	char label[512];
	int len = snprintf(label, sizeof(label), "%s:", cell->workload->name);

	plan__format_params(cell, false, label + len, sizeof(label) - len);
	if (!label[len])
		label[len - 1] = '\0';
	return json__text(label);
}

void result__identify(json_t *object, const struct cell *cell)
{
	static const char *const kinds[] = {
		[WORKLOAD_BATCH] = "batch",
		[WORKLOAD_SELF_TIMED] = "self-timed",
		[WORKLOAD_HOST] = "host",
	};
	const struct workload *w = cell->workload;

	json_object_set_new(object, "workload", json__text(w->name));
	json_object_set_new(object, "label", new_label(cell));
	json_object_set_new(object, "what", json__text(w->what));
	json_object_set_new(object, "group", json__text(workload_group__name(w->group)));
	json_object_set_new(object, "kind", json_string(kinds[w->kind]));
	json_object_set_new(object, "params", new_params(cell));
	json_object_set_new(object, "ring", json_integer(cell->ring));
	json_object_set_new(object, "backend", json__text(cell->backend));
	json_object_set_new(object, "config", new_config(&cell->config));
}

/* Ok if one round is; else failed if one failed; with the reason of the first such round. */
static void add_status(json_t *object, const struct cell_rounds *r)
{
	const struct measurement *first[MEASURE_FAILED + 1] = { NULL };
	const struct measurement *which;

	for (unsigned int i = 0; i < r->nr_rounds; i++)
		if (!first[r->rounds[i]->status])
			first[r->rounds[i]->status] = r->rounds[i];
	which = first[MEASURE_OK] ?: first[MEASURE_FAILED] ?: first[MEASURE_SKIPPED];
	json_object_set_new(object, "status",
			    json_string(first[MEASURE_OK]     ? "ok" :
					first[MEASURE_FAILED] ? "failed" :
								"skipped"));
	json_object_set_new(object, "reason",
			    !which ? json_string(
					     "not measured: the run ended before its first round") :
			    which->status == MEASURE_OK ? json_null() :
							  json__text(which->reason));
	json_object_set_new(object, "warnings", json_array());
	if (!first[MEASURE_OK])
		return;
	for (unsigned int i = 0; i < r->nr_rounds; i++)
		if (r->rounds[i]->status != MEASURE_OK)
			result__warn(object, "a round %s: %s",
				     r->rounds[i]->status == MEASURE_FAILED ? "failed" :
									      "was skipped",
				     r->rounds[i]->reason);
}

/* Sums of the counters "kvm.NAME" over the successful rounds. */
static json_t *new_kvm_stats(const struct cell_rounds *r)
{
	json_t *stats = json_object();

	for (unsigned int i = 0; i < r->nr_rounds; i++) {
		const struct measurement *m = r->rounds[i];

		for (unsigned int c = 0; m->status == MEASURE_OK && c < m->nr_counters; c++) {
			const char *name = m->counters[c].name;

			if (!strncmp(name, "kvm.", 4))
				json_object_set_new(stats, name + 4,
						    json_integer(m->counters[c].value +
								 json_integer_value(json_object_get(
									 stats, name + 4))));
		}
	}
	return stats;
}

/*
 * One counter over the successful rounds, per operation. A statistic that did not change is not
 * among the counters.
 */
static double counter_per_op(const struct cell_rounds *r, const char *name)
{
	double sum = 0, ops = 0;

	for (unsigned int i = 0; i < r->nr_rounds; i++) {
		const struct measurement *m = r->rounds[i];

		if (m->status != MEASURE_OK || !m->exits_known)
			continue;
		ops += (double)m->window_ops;
		for (unsigned int c = 0; c < m->nr_counters; c++)
			if (!strcmp(m->counters[c].name, name))
				sum += (double)m->counters[c].value;
	}
	return ops > 0 ? sum / ops : NAN;
}

/* CPU time: the other side of halt polling, which trades it for latency. */
static void add_cpu(json_t *object, const struct cell_rounds *r)
{
	double cpu = 0, cpu_ops = 0, dirty = 0, ops = 0,
	       success = counter_per_op(r, "kvm.halt_poll_success_ns");
	bool logged = r->cell->config.dirty_log != DIRTY_LOG_OFF;

	for (unsigned int i = 0; i < r->nr_rounds; i++) {
		const struct measurement *m = r->rounds[i];

		if (m->status != MEASURE_OK)
			continue;
		dirty += (double)m->dirty_pages;
		ops += (double)m->window_ops;
		if (m->cpu_known) {
			cpu += (double)m->cpu_ns;
			cpu_ops += (double)m->window_ops;
		}
	}
	json_object_set_new(object, "cpu_ns_per_op",
			    json__number(cpu_ops > 0 ? cpu / cpu_ops : NAN));
	json_object_set_new(
		object, "halt_poll_ns_per_op",
		isfinite(success) ?
			json_pack("{s:o, s:o}", "success", json__number(success), "fail",
				  json__number(counter_per_op(r, "kvm.halt_poll_fail_ns"))) :
			json_null());
	json_object_set_new(object, "dirty_pages_per_op",
			    json__number(logged && ops > 0 ? dirty / ops : NAN));
}

static void add_round_warnings(json_t *object, const struct cell_rounds *r)
{
	for (unsigned int i = 0; i < r->nr_rounds; i++)
		for (unsigned int w = 0; w < r->rounds[i]->nr_warnings; w++)
			result__warn(object, "%s", r->rounds[i]->warnings[w]);
}

json_t *result__add_cell(json_t *doc, const struct cell_rounds *r)
{
	const char *virt = json_string_value(json_object_get(json_object_get(doc, "host"), "virt"));
	json_t *object = json_object();

	result__identify(object, r->cell);
	add_status(object, r);
	result_samples__add(object, r);
	result_parallel__add(object, r);
	result_shares__add(object, r);
	add_round_warnings(object, r);
	json_object_set_new(object, "exits", result_exits__new(r, virt));
	json_object_set_new(object, "kvm_stats", new_kvm_stats(r));
	result_kvmstats__add(object, r);
	add_cpu(object, r);
	json_object_set_new(object, "cost", json_null());
	json_object_set_new(object, "probe_cost", json_null());
	for_each_probe(entry)
		json_object_set_new(object, (*entry)->name, json_null());
	return json_array_append_new(json_object_get(doc, "cells"), object) ? NULL : object;
}
