// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/dry_run.h"

#include <errno.h>

#include "bench/backends/registry.h"
#include "bench/base/json.h"
#include "bench/result/result.h"

#define MAX_BACKENDS 16

/* Backends are looked for once: it takes opening devices and starting programs. */
struct found {
	const struct backend *backend[MAX_BACKENDS];
	struct backend_info info[MAX_BACKENDS];
	size_t nr;
};

static const struct backend_info *probe(struct found *found, const struct backend *backend)
{
	for (size_t i = 0; i < found->nr; i++) {
		if (found->backend[i] == backend)
			return &found->info[i];
	}
	if (found->nr == MAX_BACKENDS)
		found->nr--;
	found->backend[found->nr] = backend;
	backend->probe(&found->info[found->nr]);
	return &found->info[found->nr++];
}

static int add_cell(json_t *list, struct found *found, const struct cell *cell,
		    const struct depth *depth, struct error *err)
{
	const struct backend *backend = backend__find(cell->backend);
	const struct backend_info *info;
	struct error why = { 0 };
	json_t *object;

	if (!backend)
		return error__set(err, -EINVAL,
				  "unknown backend '%s': 'hvbench list backends' names them",
				  cell->backend);
	info = probe(found, backend);
	if (!info->available)
		error__set(&why, -ENODEV, "%s", info->why);
	else
		backend__supports(backend, cell, &why);
	object = json_object();
	json_object_set_new(object, "section", json__text(cell->section));
	result__identify(object, cell);
	json_object_set_new(object, "rounds",
			    json_integer((json_int_t)depth->rounds * depth__visits(depth, cell)));
	json_object_set_new(object, "estimated_s",
			    json__number(why.code ? 0 : depth__cell_s(depth, cell)));
	json_object_set_new(object, "skipped", why.code ? json__text(why.text) : json_null());
	return json_array_append_new(list, object) ? error__set(err, -ENOMEM, "out of memory") : 0;
}

int dry_run__new(json_t **doc, const struct plan *plan, const struct runner_options *opts,
		 struct error *err)
{
	struct found found = { .nr = 0 };
	json_t *cells = json_array();
	struct depth depth;
	double total, cells_s = 0, skipped = 0;
	int ret = 0;

	depth__choose(&depth, plan, &opts->depth);

	for (size_t i = 0; i < plan->nr_cells && !ret; i++) {
		double seconds = depth__cell_s(&depth, &plan->cells[i]);

		ret = add_cell(cells, &found, &plan->cells[i], &depth, err);
		cells_s += seconds;
		skipped += seconds - json_number_value(json_object_get(json_array_get(cells, i),
								       "estimated_s"));
	}
	total = depth__run_s(&depth);
	if (ret) {
		json_decref(cells);
		return ret;
	}
	*doc = json_pack("{s:s, s:o, s:o, s:i, s:i, s:o, s:f, s:f, s:I, s:I, s:o}", "schema",
			 DRY_RUN_SCHEMA, "name", json__text(plan->name), "what",
			 json__text(plan->what), "rounds", (int)depth.rounds, "most_rounds",
			 (int)depth__widest(&depth), "seed",
			 plan->seed_set ? json__u64(plan->seed) : json_null(), "estimated_s",
			 total - skipped, "besides_cells_s", total - cells_s, "excluded",
			 (json_int_t)plan->nr_excluded, "same", (json_int_t)plan->nr_same, "cells",
			 cells);
	return *doc ? 0 : error__set(err, -ENOMEM, "out of memory");
}
