// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the time of an operation goes. */
#include "reports/charts/chart_kinds.h"

#include <string.h>

#include "bench/result/doc.h"
#include "reports/charts/chart_stack.h"
#include "reports/views/cost_parts.h"

static json_t *bar_of(const json_t *cell)
{
	static const char *const names[NR_COST_PARTS] = {
		[COST_KERNEL] = "kernel handling",
		[COST_USER] = "user space",
		[COST_OFF_CPU] = "off CPU",
		[COST_SWITCH] = "world switch and guest",
	};
	/*
	 * Times in s, whatever the cell's unit; with a counting clock there are only instructions.
	 */
	double factor = strcmp(doc__text(cell, "unit"), "insn") ? 1e-9 : 1, parts[NR_COST_PARTS];
	json_t *object;

	if (!cost_parts__of(cell, parts))
		return NULL;
	object = json_object();
	for (int i = 0; i < NR_COST_PARTS; i++)
		json_object_set_new(object, names[i], json_real(parts[i] * factor));
	return object;
}

static void add(const struct section *s, json_t *charts)
{
	static const struct stack_kind kind = { .name = "breakdown", .parts = bar_of };
	json_t *caption = json_string(
		"Of an operation: the host's handling, user space and time off the CPU, as a probe "
		"saw them in rounds of their own, and the rest of the cost, which is the world "
		"switch and the guest's own. Together they are the cost.");
	json_t *chart = chart_stack__make(s, &kind,
					  section__title(s, strcmp(s->unit, "insn") ?
								    "where the time goes" :
								    "where the instructions go"),
					  caption);

	if (chart)
		json_array_append_new(charts, chart);
}

DEFINE_CHART(breakdown) = {
	.order = 50,
	.rows = true,
	.add = add,
};
