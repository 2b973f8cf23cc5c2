// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One cell: its workload by name, its parameters from text and back. See plan.h and cell.h.
 */
#include "bench/plan/cell.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/nearest.h"
#include "bench/base/units.h"
#include "bench/host/cache.h"

void names__add(struct names *names, const char *name)
{
	if (names->nr < MAX_NAMES)
		names->name[names->nr++] = name;
	names->name[names->nr] = NULL;
}

void names__add_list(struct names *names, const char *const *list)
{
	while (*list)
		names__add(names, *list++);
}

void names__add_config(struct names *names)
{
	for (const struct config_key *key = config_keys; key->name; key++)
		names__add(names, key->name);
}

void names__add_params(struct names *names, const struct workload *w)
{
	for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++)
		names__add(names, w->params[i].name);
}

bool is_config_key(const char *name)
{
	for (const struct config_key *key = config_keys; key->name; key++) {
		if (!strcmp(key->name, name))
			return true;
	}
	return false;
}

const char *workload_group__name(enum workload_group group)
{
	static const char *const names[NR_GROUPS] = {
		[GROUP_EXIT] = "exit",	   [GROUP_INTERRUPT] = "interrupt",
		[GROUP_MEMORY] = "memory", [GROUP_SCHED] = "sched",
		[GROUP_IO] = "io",	   [GROUP_LIFECYCLE] = "lifecycle",
	};

	return (unsigned int)group < NR_GROUPS ? names[group] : "unknown";
}

const struct workload *plan__find_workload(const char *name, struct error *err)
{
	struct names names = { 0 };
	char hint[NEAREST_ROOM];

	for_each_workload(entry) {
		if (!strcmp((*entry)->name, name))
			return *entry;
		names__add(&names, (*entry)->name);
	}
	error__set(err, -ENOENT, "unknown workload '%.64s'%s", name,
		   nearest__hint(hint, sizeof(hint), name, names.name, "",
				 ": 'hvbench list workloads' shows them"));
	return NULL;
}

int workload__find_param(const struct workload *w, const char *name)
{
	for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++) {
		if (!strcmp(w->params[i].name, name))
			return i;
	}
	return -1;
}

char *plan__format_param(const struct workload_param *param, uint64_t value, char *buf, size_t len)
{
	uint64_t nr_choices = 0;

	switch (param->kind) {
	case PARAM_HEX:
		snprintf(buf, len, "0x%" PRIx64, value);
		return buf;
	case PARAM_SIZE:
		return units__format_size(value, buf, len);
	case PARAM_TIME_NS:
		return units__format_time_ns(value, buf, len);
	case PARAM_CHOICE:
		while (param->choices[nr_choices])
			nr_choices++;
		if (value < nr_choices) {
			snprintf(buf, len, "%s", param->choices[value]);
			return buf;
		}
		break;
	case PARAM_COUNT:
		break;
	}
	snprintf(buf, len, "%" PRIu64, value);
	return buf;
}

static void describe_values(const struct workload_param *param, char *buf, size_t len)
{
	static const char *const kinds[] = {
		[PARAM_COUNT] = "a number",
		[PARAM_HEX] = "a number",
		[PARAM_SIZE] = "a size",
		[PARAM_TIME_NS] = "a time",
	};
	char min[32], max[32];
	size_t used = 0;

	if (param->kind == PARAM_CHOICE) {
		for (int i = 0; param->choices[i] && used < len; i++)
			used += (size_t)snprintf(buf + used, len - used, "%s%s", i ? "|" : "",
						 param->choices[i]);
		return;
	}
	snprintf(buf, len, "%s from %s to %s", kinds[param->kind],
		 plan__format_param(param, param->min, min, sizeof(min)),
		 plan__format_param(param, param->max, max, sizeof(max)));
}

/* Whether the parameter's default, which is also written "auto", depends on the host's caches. */
static bool workload__by_cache(const struct workload *w, int i)
{
	return i == 0 && w->cache != CACHE_NONE;
}

uint64_t workload__default(const struct workload *w, int i)
{
	struct host_caches caches;

	if (!workload__by_cache(w, i))
		return w->params[i].value;
	host_caches__read(&caches, "");
	return w->cache == CACHE_L2 ? host_caches__inside_l2(&caches, w->params[i].value) :
				      host_caches__inside_last(&caches, w->params[i].value);
}

static int parse_param(const struct workload_param *param, const char *text, uint64_t *value)
{
	int ret = -EINVAL;

	switch (param->kind) {
	case PARAM_COUNT:
	case PARAM_HEX:
		ret = units__parse_count(text, value);
		break;
	case PARAM_SIZE:
		ret = units__parse_size(text, value);
		break;
	case PARAM_TIME_NS:
		ret = units__parse_time_ns(text, value);
		break;
	case PARAM_CHOICE:
		for (uint64_t i = 0; param->choices[i]; i++) {
			if (!strcmp(param->choices[i], text)) {
				*value = i;
				return 0;
			}
		}
		return -EINVAL;
	}
	return ret ? ret : *value < param->min || *value > param->max ? -ERANGE : 0;
}

int cell__set_param(struct cell *cell, int i, const char *text, struct error *err)
{
	const struct workload_param *param = &cell->workload->params[i];
	char values[256];
	uint64_t value;

	if (workload__by_cache(cell->workload, i) && !strcmp(text, "auto")) {
		cell->params[i] = workload__default(cell->workload, i);
		return 0;
	}
	if (!parse_param(param, text, &value)) {
		cell->params[i] = value;
		return 0;
	}
	describe_values(param, values, sizeof(values));
	return error__set(err, -EINVAL, "bad value '%.64s' for '%s' of %s: use %s%s", text,
			  param->name, cell->workload->name, values,
			  workload__by_cache(cell->workload, i) ? ", or auto" : "");
}

int cell__set_ring(struct cell *cell, const char *text, struct error *err)
{
	const struct workload *w = cell->workload;
	unsigned int ring = text[0] == '3' ? 3 : 0;

	if ((text[0] != '0' && text[0] != '3') || text[1])
		return error__set(err, -EINVAL, "bad value '%.64s' for 'ring': use 0|3", text);
	if (ring != w->ring && !w->ring_choice)
		return error__set(err, -EINVAL,
				  "bad value '%s' for 'ring': %s runs in ring %u only", text,
				  w->name, w->ring);
	cell->ring = ring;
	return 0;
}

int cell__set_backend(struct cell *cell, const char *text, struct error *err)
{
	if (!text[0] || strlen(text) >= sizeof(cell->backend))
		return error__set(err, -EINVAL,
				  "bad value '%.64s' for 'backend': 'hvbench list backends' "
				  "shows them",
				  text);
	strcpy(cell->backend, text);
	return 0;
}

static size_t append(char *buf, size_t len, size_t used, const char *name, const char *value)
{
	if (used < len)
		used += (size_t)snprintf(buf + used, len - used, "%s%s=%s", used ? ":" : "", name,
					 value);
	return used;
}

char *plan__format_params(const struct cell *cell, bool all, char *buf, size_t len)
{
	const struct workload *w = cell->workload;
	char value[64];
	size_t used = 0;

	snprintf(buf, len, "%s", "");
	for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++) {
		const struct workload_param *param = &w->params[i];

		if (all || workload__by_cache(w, i) || cell->params[i] != param->value)
			used = append(buf, len, used, param->name,
				      plan__format_param(param, cell->params[i], value,
							 sizeof(value)));
	}
	if (w->ring_choice && (all || cell->ring != w->ring))
		append(buf, len, used, "ring", cell->ring ? "3" : "0");
	return buf;
}

void cell__init(struct cell *cell, const struct workload *w, const char *section)
{
	memset(cell, 0, sizeof(*cell));
	snprintf(cell->section, sizeof(cell->section), "%s", section);
	cell->workload = w;
	for (int i = 0; i < HV_MAX_PARAMS && w->params[i].name; i++)
		cell->params[i] = workload__default(w, i);
	cell->ring = w->ring;
	config__init(&cell->config);
	strcpy(cell->backend, "kvm");
}

const struct workload_exit *workload__exits(const struct workload *w, const uint64_t *params)
{
	if (w->exits_with)
		return w->exits_with(params);
	return w->exits[0].vmx || w->exits[0].svm || !w->exits_note ? w->exits : NULL;
}

/* If the doorbell is not bound to an eventfd, it reaches the VMM. */
unsigned int cell__user_exits(const struct cell *cell)
{
	const struct workload *w = cell->workload;

	return w->user_exits + (w->needs & NEEDS_IOEVENTFD && !cell->config.ioeventfd);
}

bool cell__takes(const struct cell *cell, const char *key)
{
	return workload__find_param(cell->workload, key) >= 0 || is_config_key(key) ||
	       !strcmp(key, "backend") || (!strcmp(key, "ring") && cell->workload->ring_choice);
}

int cell__set(struct cell *cell, const char *key, const char *value, struct error *err)
{
	int param = workload__find_param(cell->workload, key);

	if (param >= 0)
		return cell__set_param(cell, param, value, err);
	if (!strcmp(key, "ring"))
		return cell__set_ring(cell, value, err);
	if (!strcmp(key, "backend"))
		return cell__set_backend(cell, value, err);
	return is_config_key(key) ? config__set(&cell->config, key, value, err) : -ENOENT;
}

char *cell__get(const struct cell *cell, const char *key, char *buf, size_t len)
{
	int param = workload__find_param(cell->workload, key);

	if (param >= 0)
		return plan__format_param(&cell->workload->params[param], cell->params[param], buf,
					  len);
	if (!strcmp(key, "ring"))
		snprintf(buf, len, "%u", cell->ring);
	else if (!strcmp(key, "backend"))
		snprintf(buf, len, "%s", cell->backend);
	else
		config__get(&cell->config, key, buf, len);
	return buf;
}

bool cell__measures_the_same(const struct cell *a, const struct cell *b)
{
	char va[CONFIG_VALUE_BYTES], vb[CONFIG_VALUE_BYTES];

	if (a->workload != b->workload || a->ring != b->ring || strcmp(a->backend, b->backend) ||
	    memcmp(a->params, b->params, sizeof(a->params)) ||
	    strcmp(a->config.name, b->config.name))
		return false;
	for (const struct config_key *key = config_keys; key->name; key++) {
		if (strcmp(config__get(&a->config, key->name, va, sizeof(va)),
			   config__get(&b->config, key->name, vb, sizeof(vb))))
			return false;
	}
	return true;
}
