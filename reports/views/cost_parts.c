// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/cost_parts.h"

#include <math.h>

#include "bench/result/doc.h"
#include "reports/formats/format.h"

#define ROUNDING 1e-6

bool cost_parts__of(const json_t *cell, double parts[NR_COST_PARTS])
{
	static const char *const paths[NR_COST_PARTS] = {
		[COST_KERNEL] = "cost.kernel",
		[COST_USER] = "cost.user",
		[COST_OFF_CPU] = "cost.off_cpu",
		[COST_SWITCH] = "cost.switch",
	};
	double figure = doc__number(cell, "summary.p50"), factor = format__units_per_ns(cell),
	       sum = 0;

	for (int i = 0; i < NR_COST_PARTS; i++) {
		parts[i] = factor * doc__number(cell, paths[i]);
		if (!(parts[i] >= 0))
			return false;
		sum += parts[i];
	}
	return fabs(sum - figure) <= ROUNDING * fabs(figure);
}
