// SPDX-License-Identifier: GPL-2.0-or-later
/* A check is a case: it failed if something is advised, and was skipped if nothing is known. */
#include "reports/formats/doctor_junit.h"

#include <string.h>

#include "bench/result/doc.h"
#include "reports/formats/junit_xml.h"

static const char *kind_of(const char *outcome)
{
	if (!strcmp(outcome, "ok"))
		return "passed";
	if (!strcmp(outcome, "not-applicable") || !strcmp(outcome, "unreadable"))
		return "skipped";
	return "failure";
}

/* All that is advised, or why there is nothing to say. */
static json_t *message_of(const json_t *check)
{
	json_t *all = json_sprintf("%s: %s", doc__text(check, "outcome"), doc__text(check, "why"));
	const json_t *advice;
	size_t i;

	json_array_foreach(json_object_get(check, "advice"), i, advice) {
		json_t *longer = json_sprintf("%s%s%s", json_string_value(all), i ? "; " : "",
					      doc__text(advice, "text"));

		json_decref(all);
		all = longer;
	}
	return all;
}

static json_t *details_of(const json_t *check)
{
	json_t *lines = json_array();
	const json_t *found;
	size_t i;

	json_array_foreach(json_object_get(check, "found"), i, found)
		json_array_append_new(lines, json_sprintf("%s: %s", doc__text(found, "what"),
							  doc__text(found, "value")));
	return lines;
}

int doctor_junit__render(const json_t *doc, FILE *out)
{
	json_t *cases = json_array();
	const json_t *check;
	size_t i;

	json_array_foreach(json_object_get(doc, "checks"), i, check)
		json_array_append_new(cases, junit__case("doctor", doc__text(check, "id"),
							 kind_of(doc__text(check, "outcome")),
							 message_of(check), details_of(check)));
	junit__begin(out, "hvbench doctor");
	junit__suite(out, "host", cases);
	json_decref(cases);
	return junit__end(out);
}
