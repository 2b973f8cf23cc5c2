// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checks of result documents that come from outside, by bench/result/result.schema.json, from which
 * the build makes the tables (scripts/schema-shapes.c).
 */
#include "bench/result/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result/document.h"
#include "bench/result/shape.h"
#include "probes/probe.h"

extern const struct shape *const result_shape, *const result_shape_probe;

/* Documents of this program that are not results: what they are, and what to do with them. */
static const struct {
	const char *family, *what;
} other_documents[] = {
	{ "hvbench.compare/",
	  "a comparison ('hvbench compare'); name the results that were compared" },
	{ "hvbench.doctor/",
	  "what 'hvbench doctor' found on a host, in which nothing was measured" },
	{ "hvbench.dry-run/", "a plan ('hvbench run --dry-run'), in which nothing was measured" },
	{ "hvbench.list/", "a list of what there is ('hvbench list')" },
	{ "hvbench.history-list/", "a list of results ('hvbench history list')" },
	{ "hvbench.history-trend/",
	  "trends ('hvbench history trend'), which are their own report" },
	{ "hvbench.history-fleet/",
	  "trends of many machines ('hvbench history trend'), which are their own report" },
	{ "hvbench.history-gate/",
	  "a verdict on a result ('hvbench history gate'), which is its own report" },
	{ "hvbench.lab-trace/",
	  "a trace of exit paths ('hvbench lab trace'), which is its own report" },
	{ "hvbench.lab-blame/", "a comparison of exits by function ('hvbench lab trace --base'), "
				"which is its own report" },
	{ "hvbench.lab-bisect-state/",
	  "what 'hvbench lab bisect' has measured so far, to go on from" },
	{ "hvbench.lab-bisect/", "what 'hvbench lab bisect' found, which is its own report" },
	{ "hvbench.lab-compare/",
	  "a comparison of exit paths ('hvbench lab compare'), which is its own report" },
	{ "hvbench.lab-sweep/",
	  "a sweep over kernels ('hvbench lab sweep'), which is its own report" },
	{ "hvbench.lab-types/",
	  "a comparison of hypervisors ('hvbench lab type1-vs-type2'), which is its own report" },
};

static int refuse_other(const char *schema, const char *name, struct error *err)
{
	for (size_t i = 0; i < sizeof(other_documents) / sizeof(other_documents[0]); i++) {
		if (strncmp(schema, other_documents[i].family, strlen(other_documents[i].family)))
			continue;
		error__set(err, -EBADMSG, "%s: no result of 'hvbench run', but %s", name,
			   other_documents[i].what);
		return -EBADMSG;
	}
	if (strncmp(schema, "hvbench.", 8) || !strncmp(schema, "hvbench.result/", 15))
		return 0;
	error__set(err, -EBADMSG,
		   "%s: no result of 'hvbench run', but a document that this version does not know "
		   "(%.40s)",
		   name, schema);
	return -EBADMSG;
}

static int check_schema(const json_t *doc, const char *name, struct error *err)
{
	static const char family[] = "hvbench.result/";
	const char *schema = json_string_value(json_object_get(doc, "schema"));
	char *end;
	long version;

	if (schema && refuse_other(schema, name, err))
		return -EBADMSG;
	if (!schema || strncmp(schema, family, strlen(family))) {
		error__set(err, -EBADMSG,
			   "%s: not a result of hvbench: it has no \"schema\": \"%s\"", name,
			   RESULT_SCHEMA);
		return -EBADMSG;
	}
	if (!strcmp(schema, RESULT_SCHEMA))
		return 0;
	version = strtol(schema + strlen(family), &end, 10);
	if (version > 1 && !*end) {
		error__set(
			err, -EPROTONOSUPPORT,
			"%s: written by a newer hvbench (result format %ld, this program reads 1): "
			"read it with that version, or update this one",
			name, version);
		return -EPROTONOSUPPORT;
	}
	error__set(err, -EBADMSG, "%s: damaged result: schema is not \"%s\"", name, RESULT_SCHEMA);
	return -EBADMSG;
}

/* Checks what probes saw, including probes that the schema does not name. */
static int check_parts(const json_t *doc, const char *name, struct error *err)
{
	const json_t *cells = json_object_get(doc, "cells"), *cell, *part;
	char where[96];
	size_t i;
	int ret;

	json_array_foreach(cells, i, cell) {
		for_each_probe(entry) {
			part = json_object_get(cell, (*entry)->name);
			snprintf(where, sizeof(where), "cells[%zu].%s", i, (*entry)->name);
			ret = part ? shape__check(result_shape_probe, part, name, where, err) : 0;
			if (ret)
				return ret;
		}
	}
	return 0;
}

int result__check(const json_t *doc, const char *name, struct error *err)
{
	int ret = json_is_object(doc) ? check_schema(doc, name, err) : 0;

	ret = ret ?: shape__check(result_shape, doc, name, "", err);
	return ret ?: check_parts(doc, name, err);
}
