/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands above the tables of a result: what was run, the machine, its kernel and hypervisor,
 * how exits were seen, and warnings that make all figures doubtful.
 */
#ifndef HVBENCH_RUN_HEADER_H
#define HVBENCH_RUN_HEADER_H

#include <jansson.h>

#include "reports/views/style.h"

/* "header" of a view (run_view.h): a new array of lines, each an array of parts. */
json_t *run_header__lines(const json_t *doc, const struct view_style *style);

#endif
