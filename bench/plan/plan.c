// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/plan/plan.h"

#include <stdlib.h>

void plan__free(struct plan *plan)
{
	free(plan->cells);
	*plan = (struct plan){ 0 };
}
