// SPDX-License-Identifier: GPL-2.0-or-later
/* A gate as JUnit's XML: see gate_junit.h. */
#include "reports/formats/gate_junit.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "bench/base/verdicts.h"
#include "bench/result/doc.h"
#include "reports/formats/format.h"
#include "reports/formats/junit_xml.h"

/*
 * "slower: +5.2 % against a level of 1234 ns, counts from 2.0 %": the figure that users look for
 * first.
 */
static json_t *message_of(const json_t *cell)
{
	const char *verdict = doc__text(cell, "verdict"), *why = doc__text(cell, "why");
	double change = doc__number(cell, "change"), limit = doc__number(cell, "limit");
	bool ratio = !strcmp(doc__text(cell, "figure"), "ratio");
	struct format_scale scale;
	char from[64] = "";

	if (!isfinite(change))
		return json_sprintf("%s%s%s", verdict, *why ? ": " : "", why);
	if (isfinite(limit))
		snprintf(from, sizeof(from), ", counts from %.1f %%", 100 * limit);
	scale = format__scale(ratio ? "" : doc__text(cell, "unit"), doc__number(cell, "level"),
			      "us");
	return json_sprintf("%s: %+.2f %%, %.6g -> %.6g %s%s%s%s", verdict, 100 * change,
			    doc__number(cell, "level") / scale.divisor,
			    doc__number(cell, "value") / scale.divisor,
			    ratio ? "times the reference" : scale.shown, from, *why ? "; " : "",
			    why);
}

/* Failed and missing cells carry their own status; that of missing ones depends on --missing. */
static const char *kind_of(const json_t *cell)
{
	const char *verdict = doc__text(cell, "verdict");
	double status = doc__number(cell, "status");

	return verdict__junit(verdict, isfinite(status) ? (int)status : verdict__status(verdict));
}

int gate_junit__render(const json_t *doc, FILE *out)
{
	const json_t *gate = json_object_get(doc, "gate"), *cell;
	json_t *cases = json_array(), *name;
	size_t i;

	json_array_foreach(json_object_get(gate, "cells"), i, cell) {
		const char *config = doc__text(cell, "config"), *group = doc__text(cell, "group");

		name = json_sprintf("%s%s%s [%s]", doc__text(cell, "label"), *config ? " " : "",
				    config, doc__text(cell, "backend"));
		json_array_append_new(cases,
				      junit__case(*group ? group : "other", json_string_value(name),
						  kind_of(cell), message_of(cell),
						  json_pack("[o]", message_of(cell))));
		json_decref(name);
	}
	if (doc__number(gate, "status") == 3)
		json_array_append_new(cases, junit__case("history", "judged", "error",
							 json_string("no cell was judged"), NULL));
	name = json_sprintf("%s against its history", doc__text(doc, "result.name"));
	junit__begin(out, "hvbench history gate");
	junit__suite(out, json_string_value(name) ?: "", cases);
	json_decref(name);
	json_decref(cases);
	return junit__end(out);
}
