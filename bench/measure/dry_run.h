/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run would do: its cells, and how long they would take. Nothing is measured.
 */
#ifndef HVBENCH_DRY_RUN_H
#define HVBENCH_DRY_RUN_H

#include <jansson.h>

#include "bench/measure/runner.h"
#include "bench/plan/plan.h"

#define DRY_RUN_SCHEMA "hvbench.dry-run/1"

/*
 * A new document: schema, name, what, rounds, seed (null: drawn when the run begins), estimated_s,
 * besides_cells_s (what of that is no cell's: looking at the host, probes), excluded and same
 * (numbers of combinations left out), and cells: section, label, workload, params, ring, backend,
 * config, estimated_s, skipped (null, or why it cannot run here). -EINVAL: a backend that does not
 * exist.
 */
int dry_run__new(json_t **doc, const struct plan *plan, const struct runner_options *opts,
		 struct error *err);

#endif
