// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/backends/qemu/stats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"

#define MAX_BUCKETS  4096
#define MAX_EXPONENT 30

static const char *text_of(const json_t *object, const char *field)
{
	return json_string_value(json_object_get(object, field)) ?: "";
}

/* Names are those of QEMU's qapi/stats.json. */
static enum kvmstats_type type_of(const json_t *schema)
{
	static const char *const names[] = {
		[KVMSTATS_CUMULATIVE] = "cumulative",
		[KVMSTATS_INSTANT] = "instant",
		[KVMSTATS_PEAK] = "peak",
		[KVMSTATS_LINEAR_HIST] = "linear-histogram",
		[KVMSTATS_LOG_HIST] = "log2-histogram",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(text_of(schema, "type"), names[i]))
			return (enum kvmstats_type)i;
	return KVMSTATS_OTHER;
}

static enum kvmstats_unit unit_of(const json_t *schema)
{
	static const char *const names[] = {
		[KVMSTATS_BYTES] = "bytes",
		[KVMSTATS_SECONDS] = "seconds",
		[KVMSTATS_CYCLES] = "cycles",
		[KVMSTATS_BOOLEAN] = "boolean",
	};

	for (unsigned int i = KVMSTATS_BYTES; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(text_of(schema, "unit"), names[i]))
			return (enum kvmstats_unit)i;
	return KVMSTATS_NONE;
}

static const json_t *value_of(const json_t *sample, const char *name)
{
	const json_t *stat;
	size_t i;

	json_array_foreach(sample, i, stat)
		if (!strcmp(text_of(stat, "name"), name))
			return json_object_get(stat, "value");
	return NULL;
}

/* false: of no use here, or it makes no sense. */
static bool describe(struct kvmstats_desc *desc, const json_t *schema, const json_t *sample)
{
	const json_t *value = value_of(sample, text_of(schema, "name"));
	json_int_t exponent = json_integer_value(json_object_get(schema, "exponent"));
	json_int_t width = json_integer_value(json_object_get(schema, "bucket-size"));
	bool hist;

	*desc = (struct kvmstats_desc){
		.type = type_of(schema), .unit = unit_of(schema), .base = 10, .size = 1
	};
	if (json_integer_value(json_object_get(schema, "base")) == 2)
		desc->base = 2;
	hist = desc->type == KVMSTATS_LINEAR_HIST || desc->type == KVMSTATS_LOG_HIST;
	if (desc->type == KVMSTATS_OTHER || !*text_of(schema, "name") || exponent < -MAX_EXPONENT ||
	    exponent > MAX_EXPONENT)
		return false;
	snprintf(desc->name, sizeof(desc->name), "%s", text_of(schema, "name"));
	desc->exponent = (int)exponent;
	/*
	 * An older QEMU leaves out what is 0; a histogram has to be in the sample to know its size.
	 */
	if (!hist)
		return true;
	if (!json_array_size(value) || json_array_size(value) > MAX_BUCKETS ||
	    (desc->type == KVMSTATS_LOG_HIST && json_array_size(value) > 65) ||
	    (desc->type == KVMSTATS_LINEAR_HIST && (width <= 0 || width > UINT32_MAX)))
		return false;
	desc->size = (unsigned int)json_array_size(value);
	desc->bucket_size = (uint32_t)width;
	return true;
}

int qemu_stats__describe(struct kvmstats *stats, const json_t *schemas, const char *target,
			 const json_t *sample)
{
	const json_t *schema, *stat;
	size_t i, k;

	*stats = (struct kvmstats){ .fd = -1 };
	json_array_foreach(schemas, i, schema) {
		const json_t *list = json_object_get(schema, "stats");

		if (strcmp(text_of(schema, "target"), target) || !json_array_size(list))
			continue;
		free(stats->descs);
		stats->nr_descs = stats->nr_values = 0;
		stats->descs = calloc(json_array_size(list), sizeof(*stats->descs));
		if (!stats->descs)
			return -ENOMEM;
		json_array_foreach(list, k, stat) {
			struct kvmstats_desc *desc = &stats->descs[stats->nr_descs];

			if (!describe(desc, stat, sample))
				continue;
			desc->first = stats->nr_values;
			stats->nr_values += desc->size;
			stats->nr_descs++;
		}
	}
	return 0;
}

int qemu_stats__values(const struct kvmstats *stats, const json_t *sample, uint64_t *values)
{
	for (unsigned int i = 0; i < stats->nr_descs; i++) {
		const struct kvmstats_desc *desc = &stats->descs[i];
		const json_t *value = value_of(sample, desc->name), *item;
		uint64_t *to = values + desc->first;
		bool hist = desc->type == KVMSTATS_LINEAR_HIST || desc->type == KVMSTATS_LOG_HIST;
		size_t k;

		*to = json_is_boolean(value) ? json_is_true(value) :
					       (uint64_t)json_integer_value(value);
		if (!hist)
			continue;
		if (json_array_size(value) != desc->size)
			return -EPROTO;
		json_array_foreach(value, k, item)
			to[k] = (uint64_t)json_integer_value(item);
	}
	return 0;
}

static int query(struct qmp *q, const char *target, json_t **answer, uint64_t deadline_ns,
		 struct error *err)
{
	return qmp__call(q, "query-stats",
			 json_pack("{s:s, s:[{s:s}]}", "target", target, "providers", "provider",
				   "kvm"),
			 answer, deadline_ns, err);
}

static const json_t *sample_of(const json_t *answer, size_t index)
{
	return json_object_get(json_array_get(answer, index), "stats");
}

static int describe_target(struct qemu_stats *s, struct kvmstats *stats, struct qmp *q,
			   const json_t *schemas, const char *target, uint64_t deadline_ns,
			   struct error *err)
{
	json_t *answer = NULL;
	int ret = query(q, target, &answer, deadline_ns, err);

	if (!ret && qemu_stats__describe(stats, schemas, target, sample_of(answer, 0)))
		ret = error__set(err, -ENOMEM, "out of memory");
	if (stats == &s->vcpu)
		s->nr_vcpus = (unsigned int)json_array_size(answer);
	json_decref(answer);
	return ret;
}

int qemu_stats__open(struct qemu_stats *s, struct qmp *q, uint64_t deadline_ns, struct error *err)
{
	struct error why = { 0 };
	json_t *schemas = NULL;
	int ret;

	*s = (struct qemu_stats){ .vcpu.fd = -1, .vm.fd = -1 };
	ret = qmp__call(q, "query-stats-schemas", json_pack("{s:s}", "provider", "kvm"), &schemas,
			deadline_ns, &why);
	if (ret == -ENOSYS || ret == -EREMOTEIO) {
		snprintf(s->why, sizeof(s->why),
			 "QEMU %d.%d does not provide KVM's statistics "
			 "(7.1 and later do)",
			 q->major, q->minor);
		return 0;
	}
	if (ret) {
		*err = why;
		return ret;
	}
	ret = describe_target(s, &s->vcpu, q, schemas, "vcpu", deadline_ns, err);
	if (!ret)
		ret = describe_target(s, &s->vm, q, schemas, "vm", deadline_ns, err);
	json_decref(schemas);
	if (!s->vcpu.nr_descs)
		snprintf(s->why, sizeof(s->why), "this kernel has no binary KVM statistics");
	return ret;
}

static int read_target(const struct kvmstats *stats, struct qmp *q, const char *target,
		       unsigned int nr, uint64_t *values, uint64_t deadline_ns, struct error *err)
{
	json_t *answer = NULL;
	int ret = query(q, target, &answer, deadline_ns, err);

	if (!ret && json_array_size(answer) != nr)
		ret = -EPROTO;
	for (unsigned int i = 0; i < nr && !ret; i++)
		ret = qemu_stats__values(stats, sample_of(answer, i),
					 values + (size_t)i * stats->nr_values);
	json_decref(answer);
	return ret == -EPROTO ?
		       error__set(err, ret, "QEMU's statistics of KVM changed their layout") :
		       ret;
}

int qemu_stats__read(const struct qemu_stats *s, struct qmp *q, uint64_t **values,
		     uint64_t deadline_ns, struct error *err)
{
	size_t vcpus = (size_t)s->nr_vcpus * s->vcpu.nr_values;
	int ret;

	*values = NULL;
	if (!s->vcpu.nr_descs)
		return 0;
	*values = calloc(vcpus + s->vm.nr_values, sizeof(**values));
	if (!*values)
		return error__set(err, -ENOMEM, "out of memory");
	ret = read_target(&s->vcpu, q, "vcpu", s->nr_vcpus, *values, deadline_ns, err);
	if (!ret && s->vm.nr_descs)
		ret = read_target(&s->vm, q, "vm", 1, *values + vcpus, deadline_ns, err);
	if (ret) {
		free(*values);
		*values = NULL;
	}
	return ret;
}

int qemu_stats__window(const struct qemu_stats *s, const uint64_t *begin, const uint64_t *end,
		       struct kvm_figures *figures)
{
	return kvm_figures__fill(figures, &s->vcpu, s->nr_vcpus, s->vm.nr_descs ? &s->vm : NULL,
				 begin, end);
}

void qemu_stats__close(struct qemu_stats *s)
{
	kvmstats__close(&s->vcpu);
	kvmstats__close(&s->vm);
}
