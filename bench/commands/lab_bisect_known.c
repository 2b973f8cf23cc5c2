// SPDX-License-Identifier: GPL-2.0-or-later
/* What a search knows of its members: see lab_bisect_known.h. */
#include "bench/commands/lab_bisect_known.h"

#include <math.h>
#include <string.h>

#include "bench/result/doc.h"

const json_t *bisect__known(const struct bisect *b, size_t member)
{
	return json_object_get(b->measured, b->members.list[member].id);
}

const json_t *bisect__result(const struct bisect *b, size_t member)
{
	return json_object_get(bisect__known(b, member), "result");
}

const char *bisect__skipped(const struct bisect *b, size_t member)
{
	return doc__text(bisect__known(b, member), "skipped");
}

double bisect__figure(const json_t *doc, size_t cell)
{
	const json_t *c = json_array_get(json_object_get(doc, "cells"), cell);

	return strcmp(doc__text(c, "status"), "ok") || doc__lacks_path(c) ?
		       NAN :
		       doc__number(c, "summary.p50");
}

size_t bisect__nr_cells(const struct bisect *b)
{
	return json_array_size(json_object_get(bisect__result(b, b->first), "cells"));
}

bool bisect__counts(const struct bisect *b, double from, double to)
{
	if (isnan(from) || isnan(to))
		return isnan(from) != isnan(to);
	return threshold__exceeds(fabs(to - from), from, &b->threshold);
}

bool bisect__is_bad(const struct bisect *b, size_t member)
{
	for (size_t c = 0; c < bisect__nr_cells(b); c++) {
		double good = bisect__figure(bisect__result(b, b->first), c);
		double bad = bisect__figure(bisect__result(b, b->last), c);
		double is = bisect__figure(bisect__result(b, member), c);

		if (!bisect__counts(b, good, bad) || !bisect__counts(b, good, is))
			continue;
		/* What is longer on the bad one has to be longer here. */
		if (isnan(bad) || isnan(is) || isnan(good) ? isnan(bad) == isnan(is) :
							     (is > good) == (bad > good))
			return true;
	}
	return false;
}
