// SPDX-License-Identifier: GPL-2.0-or-later
/* What of result documents is drawn: see charts.h. */
#include "charts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart_kinds.h"
#include "doc.h"

/* In the order in which they stand in a report. */
static void (*const kinds[])(const struct section *s, json_t *charts) = {
	chart_costs__add, chart_sweep__add, chart_heatmap__add, chart_tradeoff__add, chart_breakdown__add,
	chart_exits__add, chart_latency__add,
};

static bool has_figures(const json_t *cell)
{
	return !strcmp(doc__text(cell, "status"), "ok") && isfinite(doc__number(cell, "summary.p50"));
}

/* Sections in the order of their first cells, over all results. */
static void add_sections(const struct compare_side *results, size_t nr, json_t *charts)
{
	json_t *of = json_object(), *cells, *cell, *members, *item;
	const char *name;
	size_t i;

	for (size_t r = 0; r < nr; r++) {
		cells = json_object_get(results[r].doc, "cells");
		json_array_foreach(cells, i, cell) {
			json_t *key = json_sprintf("%s %s", doc__text(cell, "unit"), doc__text(cell, "group"));

			name = json_string_value(key) ?: "";
			if (has_figures(cell) && !json_object_get(of, name))
				json_object_set_new(of, name, json_array());
			if (has_figures(cell))
				json_array_append_new(json_object_get(of, name),
						      json_pack("[i, O]", (int)r, cell));
			json_decref(key);
		}
	}
	json_object_foreach(of, name, members) {
		struct section s = { .results = results, .nr_results = nr };

		s.entries = calloc(json_array_size(members) + 1, sizeof(*s.entries));
		json_array_foreach(members, i, item) {
			if (!s.entries)
				break;
			s.entries[s.nr].cell = json_array_get(item, 1);
			s.entries[s.nr++].result = (size_t)json_integer_value(json_array_get(item, 0));
		}
		s.group = s.nr && *doc__text(s.entries[0].cell, "group") ? doc__text(s.entries[0].cell, "group") :
									  "other";
		s.unit = s.nr ? doc__text(s.entries[0].cell, "unit") : "";
		section__name_entries(&s);
		for (size_t k = 0; s.nr && k < sizeof(kinds) / sizeof(kinds[0]); k++)
			kinds[k](&s, charts);
		section__destroy(&s);
	}
	json_decref(of);
}

json_t *charts__build(const struct compare_side *results, size_t nr, const json_t *comparison)
{
	const json_t *list = json_object_get(comparison, "comparisons"), *one;
	json_t *charts = json_array();
	size_t i;

	json_array_foreach(list, i, one)
		chart_changes__add(comparison, one, charts);
	add_sections(results, nr, charts);
	return charts;
}
