/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Charts of bars made of parts, with a row for each workload. Only for the makers of charts. */
#ifndef HVBENCH_CHART_STACK_H
#define HVBENCH_CHART_STACK_H

#include "reports/charts/chart_section.h"

struct stack_kind {
	const char *name;
	/* A bar's parts by name, as an object; NULL: this cell has no bar. */
	json_t *(*parts)(const json_t *cell);
	bool exits;  /* parts are counts, with marks for expected numbers; else times */
	bool sorted; /* parts in the order of their sums; else as they are */
};

/* Takes over title and caption. NULL: no cell has a bar. */
json_t *chart_stack__make(const struct section *s, const struct stack_kind *kind, json_t *title,
			  json_t *caption);

#endif
