/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes the view (run_view.h) of each kind of document: one place for all formats that show
 * views.
 */
#ifndef HVBENCH_VIEWS_H
#define HVBENCH_VIEWS_H

#include "reports/views/run_view.h"

/* Of all but tables and stacks, which have none: NULL. */
view_builder *view__of(enum show what);

#endif
