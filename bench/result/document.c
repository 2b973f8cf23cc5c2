// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/result/document.h"

#include "bench/base/json.h"
#include "version.h"

static json_t *new_plan(const struct plan *plan)
{
	return json_pack("{s:o, s:o, s:i, s:f, s:I}", "name", json__text(plan->name), "what",
			 json__text(plan->what), "rounds", (int)plan->rounds, "time_s",
			 plan->time_s, "nr_cells", (json_int_t)plan->nr_cells);
}

json_t *result__time(time_t when)
{
	char text[32];
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return json_null();
	return json_string(text);
}

json_t *result__new(const struct plan *plan, json_t *host)
{
	json_t *doc = json_object();

	json_object_set_new(doc, "schema", json_string(RESULT_SCHEMA));
	json_object_set_new(doc, "tool",
			    json_pack("{s:s, s:s}", "version", HVBENCH_VERSION, "commit",
				      HVBENCH_COMMIT));
	json_object_set_new(doc, "started", result__time(time(NULL)));
	json_object_set_new(doc, "duration_s", json_null());
	json_object_set_new(doc, "interrupted", json_false());
	json_object_set_new(doc, "seed", json__u64(plan->seed));
	json_object_set_new(doc, "plan", new_plan(plan));
	json_object_set_new(doc, "host", host ?: json_object());
	json_object_set_new(doc, "exit_source", json_null());
	json_object_set_new(doc, "cells", json_array());
	return doc;
}

void result__finish(json_t *doc, double duration_s, bool interrupted)
{
	/*
	 * The document may have been created after everything was measured: compute `started` anew.
	 */
	json_object_set_new(doc, "started", result__time(time(NULL) - (time_t)duration_s));
	json_object_set_new(doc, "duration_s", json__number(duration_s));
	json_object_set_new(doc, "interrupted", json_boolean(interrupted));
}
