// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading fields of a result document by dotted path; see doc.h. */
#include "bench/result/doc.h"

#include <math.h>
#include <string.h>

#include "bench/base/json.h"
#include "probes/probe.h"

const json_t *doc__at(const json_t *value, const char *path)
{
	return json__at(value, path);
}

const char *doc__text(const json_t *value, const char *path)
{
	return json_string_value(doc__at(value, path)) ?: "";
}

double doc__number(const json_t *value, const char *path)
{
	value = doc__at(value, path);
	return json_is_number(value) ? json_number_value(value) : NAN;
}

int doc__bool(const json_t *value, const char *path)
{
	value = doc__at(value, path);
	return json_is_boolean(value) ? json_is_true(value) : -1;
}

double doc__element(const json_t *value, const char *path, size_t index)
{
	value = json_array_get(doc__at(value, path), index);
	return json_is_number(value) ? json_number_value(value) : NAN;
}

/*
 * A profile has no rounds; a plan of that name that has rounds is a job that happens to be called
 * so.
 */
enum doc_kind doc__kind(const json_t *doc)
{
	if (json_array_size(doc__at(doc, "ab")) && !json_array_size(doc__at(doc, "cells")))
		return DOC_AB;
	return !strcmp(doc__text(doc, "plan.name"), "profile") &&
			       doc__number(doc, "plan.rounds") == 0 ?
		       DOC_PROFILE :
		       DOC_CELLS;
}

bool doc__lacks_path(const json_t *cell)
{
	return !strcmp(doc__text(cell, "unit"), "insn") &&
	       json_is_null(doc__at(cell, "summary.on_path"));
}

const char *doc__probe(size_t i)
{
	size_t nr = (size_t)(__stop_probe_table - __start_probe_table);

	return i < nr ? __start_probe_table[i]->name : NULL;
}
