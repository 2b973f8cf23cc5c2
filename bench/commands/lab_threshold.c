// SPDX-License-Identifier: GPL-2.0-or-later
/* How much an exit path may change; see lab_threshold.h. */
#include "bench/commands/lab_threshold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int threshold__parse(struct opts *opts, struct threshold *t)
{
	char *end;
	double value = strtod(opts->arg, &end);

	t->insn = t->percent = NAN;
	if (end == opts->arg || value < 0 || !isfinite(value) || (*end && strcmp(end, "%")))
		return opts__misuse(opts, "'%s' is no threshold: say 10 (instructions) or 2%%",
				    opts->arg);
	*(*end ? &t->percent : &t->insn) = value;
	return 0;
}

bool threshold__exceeds(double diff, double base, const struct threshold *t)
{
	if (!isnan(t->percent))
		return diff > fabs(base) * t->percent / 100;
	/* The figures are quotients of whole numbers: smaller differences are rounding. */
	return diff > t->insn && diff >= 0.005;
}
