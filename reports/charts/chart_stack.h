/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Charts of bars in parts, a row for each workload. For the makers of charts alone. */
#ifndef HVBENCH_CHART_STACK_H
#define HVBENCH_CHART_STACK_H

#include "reports/charts/chart_section.h"

struct stack_kind {
	const char *name;
	/* Parts of a bar by name, as an object; NULL: this cell has no bar. */
	json_t *(*parts)(const json_t *cell);
	bool exits;		/* counts, with marks for what was expected; else times */
};

/* Takes title and caption. NULL: no cell has a bar. */
json_t *chart_stack__make(const struct section *s, const struct stack_kind *kind, json_t *title,
			  json_t *caption);

#endif
