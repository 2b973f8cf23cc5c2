/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The result document except its cells: which program measured, when, what was planned and where.
 */
#ifndef HVBENCH_RESULT_DOCUMENT_H
#define HVBENCH_RESULT_DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "bench/plan/plan.h"

#define RESULT_SCHEMA "hvbench.result/1"

/* A document without cells: schema, tool, started, plan, host. Takes over `host`. */
json_t *result__new(const struct plan *plan, json_t *host);
/* A time as written in documents: UTC, ISO 8601; null if it cannot be expressed. */
json_t *result__time(time_t when);
/* Sets duration_s (up to now; `started` follows from it) and whether the run was interrupted. */
void result__finish(json_t *doc, double duration_s, bool interrupted);

#endif
