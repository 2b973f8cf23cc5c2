// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tables of the program as JSON.
 */
#include "bench/commands/listing.h"

#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/backends/registry.h"
#include "bench/base/json.h"
#include "bench/measure/reference.h"
#include "bench/plan/config.h"
#include "bench/plan/job.h"
#include "bench/plan/needs.h"
#include "bench/plan/peers.h"
#include "bench/plan/plan.h"
#include "workloads/workload.h"

static const char *const kind_names[] = {
	[WORKLOAD_BATCH] = "batch",
	[WORKLOAD_SELF_TIMED] = "self-timed",
	[WORKLOAD_HOST] = "host",
};

static const char *const param_kind_names[] = {
	[PARAM_COUNT] = "count",     [PARAM_HEX] = "hex",	[PARAM_SIZE] = "size_bytes",
	[PARAM_TIME_NS] = "time_ns", [PARAM_CHOICE] = "choice",
};

static json_t *needs_of(const struct workload *w)
{
	json_t *list = json_array();

	for (const struct need *need = needs; need->words; need++)
		if (need->bit & w->needs)
			json_array_append_new(
				list, json_sprintf("%s%s%s%s", need->words,
						   need->irqchips_text ? " (" : "",
						   need->irqchips_text ? need->irqchips_text : "",
						   need->irqchips_text ? ")" : ""));
	return list;
}

static json_t *exits(const struct workload *w)
{
	uint64_t standard[HV_MAX_PARAMS] = { 0 };
	json_t *vmx = json_object(), *svm = json_object();
	const struct workload_exit *e;

	for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++)
		standard[i] = w->params[i].value;
	e = workload__exits(w, standard);
	if (!e) {
		json_decref(vmx);
		json_decref(svm);
		return json_null();
	}
	for (; e->vmx || e->svm; e++) {
		if (e->vmx)
			json_object_set_new(vmx, e->vmx, json_integer(e->per_op));
		if (e->svm)
			json_object_set_new(svm, e->svm, json_integer(e->per_op));
	}
	return json_pack("{s:o, s:o}", "vmx", vmx, "svm", svm);
}

static json_t *param(const struct workload_param *p, uint64_t standard)
{
	char text[64];
	json_t *choices = json_null(), *value = json__u64(standard);
	json_t *min = json__u64(p->min), *max = json__u64(p->max);

	plan__format_param(p, standard, text, sizeof(text));
	if (p->kind == PARAM_CHOICE) {
		json_decref(value);
		json_decref(min);
		json_decref(max);
		value = json_string(text);
		min = json_null();
		max = json_null();
		choices = json_array();
		for (const char *const *choice = p->choices; *choice; choice++)
			json_array_append_new(choices, json_string(*choice));
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o}", "name", p->name, "help",
			 p->help, "kind", param_kind_names[p->kind], "default", value,
			 "default_text", text, "min", min, "max", max, "choices", choices);
}

static json_t *params(const struct workload *w)
{
	static const char *const rings[] = { "0", "3", NULL };
	json_t *list = json_array();

	for (size_t i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++)
		json_array_append_new(list, param(&w->params[i], workload__default(w, (int)i)));
	if (w->ring_choice) {
		struct workload_param ring = {
			.name = "ring",
			.help = "privilege level of the timed loop",
			.kind = PARAM_CHOICE,
			.value = w->ring ? 1 : 0,
			.choices = rings,
		};

		json_array_append_new(list, param(&ring, ring.value));
	}
	return list;
}

static json_t *workload(const struct workload *w)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:b, s:o, s:o, s:i, s:s?, s:s?, s:o}",
			 "name", w->name, "group", workload_group__name(w->group), "what", w->what,
			 "unit", w->unit, "kind", kind_names[w->kind], "ring", (int)w->ring,
			 "vcpus", (int)(w->vcpus ? w->vcpus : 1), "native", (int)w->native, "needs",
			 needs_of(w), "exits", exits(w), "user_exits", (int)w->user_exits,
			 "exits_note", w->exits_note, "reference", reference__what(w), "params",
			 params(w));
}

static int by_group_and_name(const void *a, const void *b)
{
	const struct workload *one = *(const struct workload *const *)a,
			      *two = *(const struct workload *const *)b;

	if (one->group != two->group)
		return one->group < two->group ? -1 : 1;
	return strcmp(one->name, two->name);
}

json_t *listing__workloads(void)
{
	size_t nr = (size_t)(__stop_workload_table - __start_workload_table);
	const struct workload **sorted = alloc__need_zeroed(nr, sizeof(*sorted));
	json_t *list = json_array();

	memcpy(sorted, __start_workload_table, nr * sizeof(*sorted));
	qsort(sorted, nr, sizeof(*sorted), by_group_and_name);
	for (size_t i = 0; i < nr; i++)
		json_array_append_new(list, workload(sorted[i]));
	free(sorted);
	return list;
}

json_t *listing__configs(void)
{
	json_t *list = json_array();
	for (const struct config_key *key = config_keys; key->name; key++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "key", key->name,
						      "values", key->values, "default", key->usual,
						      "help", key->help));
	return list;
}

json_t *listing__peers(void)
{
	json_t *list = json_array();

	for (const struct peer_test *t = peer_tests; t->peer; t++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s?, s:s?}", "peer", t->peer, "test",
						t->test, "run", t->run, "note", t->note));
	return list;
}

static json_t *keys_of(const struct honours *honours)
{
	json_t *list = json_array();

	for (const char *const *key = honours->keys; *key; key++)
		json_array_append_new(list, json_string(*key));
	return list;
}

json_t *listing__backends(void)
{
	json_t *list = json_array();

	for_each_backend(backend) {
		struct backend_info info = { 0 };

		backend->probe(&info);
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "name", backend->name,
				  "what", backend->what, "available", (int)info.available, "why",
				  info.available ? json_null() : json__text(info.why), "virt",
				  *info.virt ? json__text(info.virt) : json_null(), "detail",
				  *info.detail ? json__text(info.detail) : json_null(), "keys",
				  keys_of(&backend->honours)));
	}
	return list;
}

json_t *listing__jobs(void)
{
	const struct plan_options opts = { 0 };
	json_t *list = json_array();

	for (const struct embedded_job *job = embedded_jobs; job->name; job++) {
		struct error err = { 0 };
		struct plan plan = { 0 };

		if (plan__from_job(&plan, job->name, &opts, &err))
			continue;
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:i, s:i}", "name", job->name, "what",
						plan.what, "cells", (int)plan.nr_cells, "rounds",
						(int)plan.rounds));
		plan__free(&plan);
	}
	return list;
}
