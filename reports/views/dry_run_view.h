/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run would do (dry_run.h), as text. */
#ifndef HVBENCH_DRY_RUN_VIEW_H
#define HVBENCH_DRY_RUN_VIEW_H

#include <jansson.h>
#include <stdio.h>

/* Negative errno of writing. */
int dry_run_view__put(const json_t *plan, FILE *out);

#endif
