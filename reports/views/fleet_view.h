/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a history of many machines (bench/history/fleet.h) is shown, as a view (views.h). */
#ifndef HVBENCH_FLEET_VIEW_H
#define HVBENCH_FLEET_VIEW_H

#include <jansson.h>

#include "reports/views/run_view.h"

/* Takes {"kinds", "cells", "findings", "apart", "file": text}. */
json_t *fleet_view__build(const json_t *doc, const struct view_style *style);

#endif
