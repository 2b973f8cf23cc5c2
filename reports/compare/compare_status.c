// SPDX-License-Identifier: GPL-2.0-or-later
/* What a cell comes to in the exit status: see compare_status.h. */
#include "reports/compare/compare_status.h"

#include <string.h>

#include "bench/base/error.h"
#include "bench/result/doc.h"

static bool is(const json_t *cell, const char *field, const char *value)
{
	return !strcmp(doc__text(cell, field), value);
}

int compare_status__of_missing(enum compare_missing missing)
{
	static const int statuses[] = {
		[MISSING_WARN] = EXIT_INCONCLUSIVE, [MISSING_FAIL] = EXIT_REGRESSION, [MISSING_IGNORE] = EXIT_OK,
	};

	return statuses[missing];
}

int compare_status__of_cell(const json_t *cell, enum compare_missing missing, bool ratio_will_do)
{
	if (is(cell, "verdict", "slower") || is(cell, "verdict", "lost"))
		return EXIT_REGRESSION;
	/* More exits where their number is a constant are a regression, whatever the clock can tell. */
	if (is(cell, "exits.verdict", "more") && doc__bool(cell, "exits.constant") == 1)
		return EXIT_REGRESSION;
	if (is(cell, "verdict", "missing"))
		return compare_status__of_missing(missing);
	/* What hits the reference as well is not excluded. */
	if (is(cell, "verdict", "same-ratio"))
		return ratio_will_do ? EXIT_OK : EXIT_INCONCLUSIVE;
	if (is(cell, "verdict", "inconclusive") || is(cell, "verdict", "moved") || is(cell, "new_status", "failed"))
		return EXIT_INCONCLUSIVE;
	/* Measured in both, and yet there is nothing to compare: another unit, no samples. */
	if (is(cell, "verdict", "unmeasured") && is(cell, "base_status", "ok") && is(cell, "new_status", "ok"))
		return EXIT_INCONCLUSIVE;
	return EXIT_OK;
}

bool compare_status__is_judged(const json_t *cell)
{
	static const char *const not_judged[] = { "lost", "gained", "missing", "unmeasured", "unjudged" };

	for (size_t i = 0; i < sizeof(not_judged) / sizeof(not_judged[0]); i++)
		if (is(cell, "verdict", not_judged[i]))
			return false;
	return true;
}

/* Takes the statuses of `list` in. */
static void add_up(const json_t *list, int *worst, bool *failed)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(list, i, cell) {
		int status = (int)doc__number(cell, "status");

		*failed = *failed || status == EXIT_REGRESSION;
		*worst = status > *worst ? status : *worst;
	}
}

int compare_status__of_all(const json_t *cells, const json_t *unmatched)
{
	bool failed = false, judged = false;
	int worst = EXIT_OK;
	const json_t *cell;
	size_t i;

	add_up(cells, &worst, &failed);
	add_up(json_object_get(unmatched, "base"), &worst, &failed);
	add_up(json_object_get(unmatched, "new"), &worst, &failed);
	json_array_foreach(cells, i, cell)
		judged = judged || compare_status__is_judged(cell);
	if (failed)
		return EXIT_REGRESSION;
	return judged ? worst : EXIT_NOT_COMPARABLE;
}

int compare_status__worse(int a, int b)
{
	static const int order[] = { EXIT_REGRESSION, EXIT_NOT_COMPARABLE, EXIT_INCONCLUSIVE };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return EXIT_OK;
}
