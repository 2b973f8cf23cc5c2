// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the time of an operation goes. */
#include "chart_kinds.h"

#include <math.h>
#include <string.h>

#include "chart_stack.h"
#include "doc.h"
#include "format.h"

static json_t *cost_parts(const json_t *cell)
{
	static const struct { const char *path, *name; } parts[] = {
		{ "cost.kernel", "kernel handling" }, { "cost.user", "user space" }, { "cost.off_cpu", "off CPU" },
		{ "cost.switch", "world switch and guest" },
	};
	/* Times in s, whatever the cell's unit; of a counting clock there are none, only instructions. */
	double factor = strcmp(doc__text(cell, "unit"), "insn") ? 1e-9 : format__units_per_ns(cell);
	json_t *object;

	if (!isfinite(doc__number(cell, "cost.kernel")) || !isfinite(factor))
		return NULL;
	object = json_object();
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		double value = doc__number(cell, parts[i].path);

		if (isfinite(value))
			json_object_set_new(object, parts[i].name, json_real(fmax(value, 0) * factor));
	}
	return object;
}

void chart_breakdown__add(const struct section *s, json_t *charts)
{
	static const struct stack_kind kind = { .name = "breakdown", .parts = cost_parts };
	json_t *caption = json_string("Of an operation in observed rounds: the host's handling, user space, time off "
				      "the CPU, and the rest, which is the world switch and the guest's own. "
				      "The probe's own cost is in it.");
	json_t *chart = chart_stack__make(s, &kind, section__title(s, strcmp(s->unit, "insn") ? "where the time goes" :
										"where the instructions go"), caption);

	if (chart)
		json_array_append_new(charts, chart);
}
