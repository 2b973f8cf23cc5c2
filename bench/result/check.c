// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checks of result documents that come from outside. The tables below are what readers of a document
 * may rely on: a field named here has the type given here or, unless it is REQUIRED, is missing.
 * Fields not named here may be anything. bench/result/result.schema.json says the same to people, and more.
 */
#include "bench/result/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result/document.h"

enum type {
	T_NULL = 1 << 0,
	T_STRING = 1 << 1,
	T_NUMBER = 1 << 2,
	T_BOOL = 1 << 3,
	T_OBJECT = 1 << 4,
	T_ARRAY = 1 << 5,
	REQUIRED = 1 << 8,
};

struct shape {
	const char *name;		/* of the field; NULL ends a table */
	unsigned int types;
	const struct shape *fields;	/* of an object */
	const struct shape *each;	/* one for all elements of an array, or all values of an object */
	size_t length;			/* of an array; 0: any */
	const char *const *words;	/* the strings allowed; NULL: any */
};

#define TEXT(name_)		{ .name = name_, .types = T_STRING | T_NULL }
#define NUMBER(name_)		{ .name = name_, .types = T_NUMBER | T_NULL }
#define BOOL(name_)		{ .name = name_, .types = T_BOOL | T_NULL }
#define OBJECT(name_, ...)	{ .name = name_, .types = T_OBJECT | T_NULL,		\
				  .fields = (const struct shape[]){ __VA_ARGS__, { .name = NULL } } }
#define MAP(name_, each_)	{ .name = name_, .types = T_OBJECT | T_NULL, .each = &(each_) }
#define LIST(name_, each_)	{ .name = name_, .types = T_ARRAY | T_NULL, .each = &(each_) }

static const struct shape a_number = { .types = T_NUMBER };
static const struct shape a_number_or_null = { .types = T_NUMBER | T_NULL };
static const struct shape a_text_or_null = { .types = T_STRING | T_NULL };
static const struct shape a_value = { .types = T_STRING | T_NUMBER | T_BOOL | T_NULL };

static const struct shape a_bucket = { .types = T_ARRAY, .each = &a_number, .length = 3 };

/* The last bucket has no end. */
static const struct shape an_open_bucket = { .types = T_ARRAY, .each = &a_number_or_null, .length = 3 };

static const struct shape some_counters = { .types = T_OBJECT, .each = &a_number_or_null };

static const struct shape a_kvm_histogram = {
	.types = T_OBJECT | T_NULL,
	.fields = (const struct shape[]){ TEXT("kind"), TEXT("unit"), NUMBER("n"), NUMBER("p50"), NUMBER("p99"),
					  NUMBER("bucket_size"), LIST("buckets", an_open_bucket),
					  { .name = NULL } },
};

static const struct shape a_kvm_gauge = {
	.types = T_OBJECT | T_NULL,
	.fields = (const struct shape[]){ TEXT("of"), TEXT("kind"), TEXT("unit"), NUMBER("begin"), NUMBER("end"),
					  { .name = NULL } },
};

static const struct shape a_warning = {
	.types = T_STRING | T_OBJECT,
	.fields = (const struct shape[]){ { .name = "text", .types = T_STRING | REQUIRED },
					  NUMBER("count"), { .name = NULL } },
};

static const struct shape a_reason = {
	.types = T_OBJECT,
	.fields = (const struct shape[]){ { .name = "reason", .types = T_STRING | REQUIRED },
					  NUMBER("count"), NUMBER("per_op"),
					  OBJECT("ns", NUMBER("p50"), NUMBER("p99"), NUMBER("max"),
						 NUMBER("mean")),
					  { .name = NULL } },
};

static const struct shape a_round = {
	.types = T_OBJECT,
	.fields = (const struct shape[]){
		{ .name = "samples", .types = T_ARRAY | REQUIRED, .each = &a_number },
		LIST("samples_raw", a_number), NUMBER("visit"), NUMBER("empty_loop"), NUMBER("ops_per_sample"),
		TEXT("status"), TEXT("reason"), { .name = NULL } },
};

static const char *const statuses[] = { "ok", "failed", "skipped", NULL };
static const char *const units[] = { "cycles", "ns", "insn", "bytes_per_s", NULL };
static const char *const bases[] = { "rounds", "samples", "pairs", NULL };

static const struct shape a_cell = {
	.types = T_OBJECT,
	.fields = (const struct shape[]){
		{ .name = "workload", .types = T_STRING | REQUIRED },
		{ .name = "status", .types = T_STRING | REQUIRED, .words = statuses },
		{ .name = "unit", .types = T_STRING | REQUIRED, .words = units },
		TEXT("label"), TEXT("what"), TEXT("group"), TEXT("kind"), TEXT("backend"), TEXT("reason"),
		BOOL("higher_is_better"), NUMBER("ring"), NUMBER("tsc_khz"), NUMBER("ops_per_sample"),
		NUMBER("probe_cost"), NUMBER("cpu_ns_per_op"), NUMBER("dirty_pages_per_op"),
		OBJECT("halt_poll_ns_per_op", NUMBER("success"), NUMBER("fail")),
		MAP("params", a_value),
		{ .name = "config", .types = T_OBJECT | T_NULL, .each = &a_value,
		  .fields = (const struct shape[]){ TEXT("name"), { .name = NULL } } },
		LIST("warnings", a_warning), LIST("rounds", a_round),
		OBJECT("summary", NUMBER("n"), NUMBER("rounds"), NUMBER("min"), NUMBER("p25"),
		       NUMBER("p50"), NUMBER("p75"), NUMBER("p90"), NUMBER("p99"), NUMBER("p999"),
		       NUMBER("max"), NUMBER("mean"), NUMBER("sd"), NUMBER("ci_coverage"),
		       NUMBER("median"), NUMBER("on_path"),
		       { .name = "ci_basis", .types = T_STRING | T_NULL, .words = bases },
		       { .name = "ci95", .types = T_ARRAY | T_NULL, .each = &a_number, .length = 2 }),
		OBJECT("latency", TEXT("unit"), NUMBER("n"), NUMBER("mean"), NUMBER("p50"), NUMBER("p90"),
		       NUMBER("p99"), NUMBER("p999"), NUMBER("max"), NUMBER("overhead"),
		       LIST("buckets", a_bucket)),
		OBJECT("exits", MAP("per_op", a_number_or_null), MAP("expected", a_number_or_null),
		       BOOL("as_expected"), BOOL("user_as_expected"),
		       BOOL("reasons_as_expected"), NUMBER("observed_ops"), NUMBER("expected_total"),
		       NUMBER("expected_user"), TEXT("note"), TEXT("unknown_why"), NUMBER("window_ops"),
		       NUMBER("lost"), LIST("by_reason", a_reason), LIST("user_by_reason", a_reason),
		       LIST("by_detail", a_reason)),
		OBJECT("reference", TEXT("label"),
		       OBJECT("log_ratio", LIST("pairs", a_number), NUMBER("p50"), NUMBER("ci_coverage"),
			      { .name = "ci95", .types = T_ARRAY | T_NULL, .each = &a_number, .length = 2 })),
		OBJECT("cost", NUMBER("observed"), NUMBER("kernel"), NUMBER("user"), NUMBER("off_cpu"), NUMBER("switch"),
		       TEXT("why")),
		OBJECT("sched", NUMBER("guest_steal_ns"), NUMBER("host_delay_ns"), BOOL("steal_agrees"),
		       NUMBER("window_ns"), NUMBER("window_ops")),
		{ .name = "mmu", .types = T_OBJECT | T_NULL },
		{ .name = "counters", .types = T_OBJECT | T_NULL },
		MAP("kvm_stats", a_number_or_null), MAP("kvm_vm_stats", a_number_or_null),
		LIST("kvm_vcpu_stats", some_counters), MAP("kvm_histograms", a_kvm_histogram),
		MAP("kvm_gauges", a_kvm_gauge), MAP("halt_polling", a_number_or_null), { .name = NULL } },
};

#define AB_SIDE(name_)	OBJECT(name_, TEXT("label"), NUMBER("p50_cycles"), NUMBER("p50_ns"))

static const struct shape an_ab = {
	.types = T_OBJECT,
	.fields = (const struct shape[]){
		TEXT("workload"), TEXT("verdict"), AB_SIDE("a"), AB_SIDE("b"), NUMBER("pairs"), NUMBER("p"),
		NUMBER("pairs_needed"), NUMBER("threshold"), NUMBER("duration_s"),
		OBJECT("log_ratio", LIST("pairs", a_number_or_null), NUMBER("p50"), NUMBER("ci_coverage"),
		       { .name = "ci95", .types = T_ARRAY | T_NULL, .each = &a_number_or_null, .length = 2 }),
		{ .name = NULL } },
};

static const struct shape a_module = {
	.types = T_OBJECT,
	.fields = (const struct shape[]){ MAP("parameters", a_text_or_null), { .name = NULL } },
};

static const struct shape a_document = {
	.types = T_OBJECT,
	.fields = (const struct shape[]){
		{ .name = "cells", .types = T_ARRAY | REQUIRED, .each = &a_cell },
		{ .name = "host", .types = T_OBJECT | REQUIRED, .fields = (const struct shape[]){
			TEXT("kernel"), TEXT("kernel_version"), TEXT("machine"), TEXT("os"),
			TEXT("cmdline"), TEXT("virt"), TEXT("clock"), TEXT("fingerprint"), TEXT("setup"),
			BOOL("nested"), MAP("mitigations", a_text_or_null),
			OBJECT("cpu", TEXT("model"), TEXT("vendor"), TEXT("microcode"), NUMBER("family"),
			       NUMBER("model_id"), NUMBER("stepping"), NUMBER("sockets"), NUMBER("cores"),
			       NUMBER("threads"), NUMBER("present"), TEXT("online"), TEXT("smt"),
			       TEXT("governor"), TEXT("driver"), BOOL("boost"), NUMBER("tsc_khz")),
			OBJECT("kvm", TEXT("vendor"), MAP("modules", a_module)),
			OBJECT("memory", NUMBER("total_bytes"), NUMBER("nr_nodes"),
			       OBJECT("thp", TEXT("enabled"), TEXT("defrag"))),
			OBJECT("clocksource", TEXT("current")),
			OBJECT("lab", TEXT("lane"), TEXT("guest_started"),
			       OBJECT("emulator", TEXT("name"), TEXT("version"))),
			OBJECT("virtualization", BOOL("guest"), TEXT("hypervisor"), TEXT("product"),
			       TEXT("container")),
			{ .name = NULL } } },
		{ .name = "started", .types = T_STRING | T_NULL }, NUMBER("duration_s"),
		BOOL("interrupted"), { .name = "seed", .types = T_NUMBER | T_STRING | T_NULL },
		OBJECT("tool", TEXT("version"), TEXT("commit")), LIST("ab", an_ab),
		OBJECT("plan", TEXT("name"), TEXT("what"), NUMBER("rounds"), NUMBER("most_rounds"), NUMBER("time_s"),
		       NUMBER("nr_cells")),
		OBJECT("contention", NUMBER("cpus"), NUMBER("others_cpus"), NUMBER("own_cpus"),
		       NUMBER("stolen_cpus"), TEXT("busy_warning"), TEXT("quota_warning"),
		       OBJECT("quota", NUMBER("periods"), NUMBER("throttled"), NUMBER("throttled_ns"))),
		OBJECT("exit_source", TEXT("name"), NUMBER("expected"), NUMBER("seen"), TEXT("why")),
		{ .name = NULL } },
};

/* Where a check is: "cells[3].summary.ci95[0]". */
struct place {
	char path[256];
	const char *file;
	struct error *err;
};

static unsigned int type_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return T_OBJECT;
	case JSON_ARRAY:
		return T_ARRAY;
	case JSON_STRING:
		return T_STRING;
	case JSON_INTEGER:
	case JSON_REAL:
		return T_NUMBER;
	case JSON_TRUE:
	case JSON_FALSE:
		return T_BOOL;
	default:
		return T_NULL;
	}
}

static const char *type_names(unsigned int types, char *buf, size_t room)
{
	static const char *const names[] = { "null", "a string", "a number", "true or false", "an object",
					     "an array" };
	size_t len = 0;

	buf[0] = '\0';
	for (int i = 5; i >= 0; i--)
		if (types & 1u << i && len < room)
			len += snprintf(buf + len, room - len, "%s%s", len ? " or " : "", names[i]);
	return buf;
}

static int complain(const struct place *at, const char *what)
{
	return error__set(at->err, -EBADMSG, "%s: damaged result: %s %s", at->file,
			  *at->path ? at->path : "the document", what);
}

static int check(const json_t *value, const struct shape *shape, struct place *at);

/* Goes one step down, checks, and comes back up. */
static int check_below(const json_t *value, const struct shape *shape, struct place *at,
		       const char *fmt, const char *name, size_t index)
{
	size_t len = strlen(at->path);
	int ret;

	if (name)
		snprintf(at->path + len, sizeof(at->path) - len, fmt, name);
	else
		snprintf(at->path + len, sizeof(at->path) - len, "[%zu]", index);
	ret = check(value, shape, at);
	at->path[len] = '\0';
	return ret;
}

static int check_fields(const json_t *object, const struct shape *fields, struct place *at)
{
	char what[128];
	int ret;

	for (; fields && fields->name; fields++) {
		const json_t *value = json_object_get(object, fields->name);

		if (!value && !(fields->types & REQUIRED))
			continue;
		if (!value) {
			snprintf(what, sizeof(what), "has no \"%s\"", fields->name);
			return complain(at, what);
		}
		ret = check_below(value, fields, at, *at->path ? ".%s" : "%s", fields->name, 0);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_object(const json_t *object, const struct shape *shape, struct place *at)
{
	const char *key;
	json_t *value;
	int ret;

	ret = check_fields(object, shape->fields, at);
	if (ret || !shape->each)
		return ret;
	json_object_foreach((json_t *)object, key, value) {
		ret = check_below(value, shape->each, at, ".%s", key, 0);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_array(const json_t *array, const struct shape *shape, struct place *at)
{
	char what[64];
	json_t *value;
	size_t i;
	int ret;

	if (shape->length && json_array_size(array) != shape->length) {
		snprintf(what, sizeof(what), "has %zu elements, not %zu", json_array_size(array),
			 shape->length);
		return complain(at, what);
	}
	if (!shape->each)
		return 0;
	json_array_foreach(array, i, value) {
		/* The path is only written where it may be needed: samples are many. */
		if (!shape->each->fields && !shape->each->each && type_of(value) & shape->each->types)
			continue;
		ret = check_below(value, shape->each, at, NULL, NULL, i);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_word(const json_t *value, const struct shape *shape, struct place *at)
{
	for (const char *const *word = shape->words; *word; word++)
		if (!strcmp(json_string_value(value), *word))
			return 0;
	return complain(at, "has a value that this program does not know");
}

static int check(const json_t *value, const struct shape *shape, struct place *at)
{
	char wanted[96], got[32], what[160];

	if (!(type_of(value) & shape->types)) {
		snprintf(what, sizeof(what), "is %s where %s was expected",
			 type_names(type_of(value), got, sizeof(got)),
			 type_names(shape->types, wanted, sizeof(wanted)));
		return complain(at, what);
	}
	if (json_is_object(value))
		return check_object(value, shape, at);
	if (json_is_array(value))
		return check_array(value, shape, at);
	if (json_is_string(value) && shape->words)
		return check_word(value, shape, at);
	return 0;
}

/* Documents of this program that are no results: what they are, and what to do with them. */
static const struct { const char *family, *what; } other_documents[] = {
	{ "hvbench.compare/", "a comparison ('hvbench compare'); name the results that were compared" },
	{ "hvbench.dry-run/", "a plan ('hvbench run --dry-run'), in which nothing was measured" },
	{ "hvbench.lab-trace/", "a trace of exit paths ('hvbench lab trace'), which is its own report" },
	{ "hvbench.lab-compare/", "a comparison of exit paths ('hvbench lab compare'), which is its own report" },
	{ "hvbench.lab-sweep/", "a sweep over kernels ('hvbench lab sweep'), which is its own report" },
	{ "hvbench.lab-types/", "a comparison of hypervisors ('hvbench lab type1-vs-type2'), which is its own report" },
};

static int refuse_other(const char *schema, struct place *at)
{
	for (size_t i = 0; i < sizeof(other_documents) / sizeof(other_documents[0]); i++) {
		if (strncmp(schema, other_documents[i].family, strlen(other_documents[i].family)))
			continue;
		error__set(at->err, -EBADMSG, "%s: no result of 'hvbench run', but %s", at->file, other_documents[i].what);
		return -EBADMSG;
	}
	if (strncmp(schema, "hvbench.", 8) || !strncmp(schema, "hvbench.result/", 15))
		return 0;
	error__set(at->err, -EBADMSG, "%s: no result of 'hvbench run', but a document that this version does not know (%.40s)",
		   at->file, schema);
	return -EBADMSG;
}

static int check_schema(const json_t *doc, struct place *at)
{
	static const char family[] = "hvbench.result/";
	const char *schema = json_string_value(json_object_get(doc, "schema"));
	char *end;
	long version;

	if (schema && refuse_other(schema, at))
		return -EBADMSG;
	if (!schema || strncmp(schema, family, strlen(family))) {
		error__set(at->err, -EBADMSG, "%s: not a result of hvbench: it has no \"schema\": \"%s\"", at->file,
			   RESULT_SCHEMA);
		return -EBADMSG;
	}
	if (!strcmp(schema, RESULT_SCHEMA))
		return 0;
	version = strtol(schema + strlen(family), &end, 10);
	if (version > 1 && !*end) {
		error__set(at->err, -EPROTONOSUPPORT, "%s: written by a newer hvbench (result format %ld, this program reads 1): "
			   "read it with that version, or update this one", at->file, version);
		return -EPROTONOSUPPORT;
	}
	error__set(at->err, -EBADMSG, "%s: damaged result: schema is not \"%s\"", at->file, RESULT_SCHEMA);
	return -EBADMSG;
}

int result__check(const json_t *doc, const char *name, struct error *err)
{
	struct place at = { .file = name, .err = err };
	int ret;

	if (!json_is_object(doc))
		return check(doc, &a_document, &at);
	ret = check_schema(doc, &at);
	return ret ?: check(doc, &a_document, &at);
}
