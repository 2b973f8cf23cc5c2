// SPDX-License-Identifier: GPL-2.0-or-later
/* How cells affect the exit status: see compare_status.h. */
#include "reports/compare/compare_status.h"

#include <string.h>

#include "bench/base/error.h"
#include "bench/base/verdicts.h"
#include "bench/result/doc.h"

int compare_status__of_missing(enum compare_missing missing)
{
	static const int statuses[] = {
		[MISSING_WARN] = EXIT_INCONCLUSIVE,
		[MISSING_FAIL] = EXIT_REGRESSION,
		[MISSING_IGNORE] = EXIT_OK,
	};

	return statuses[missing];
}

int compare_status__of_cell(const json_t *cell, enum compare_missing missing, bool ratio_will_do)
{
	const struct verdict_row *verdict = verdict__find(doc__text(cell, "verdict"));
	bool ok = !strcmp(doc__text(cell, "base_status"), "ok") &&
		  !strcmp(doc__text(cell, "new_status"), "ok");

	if (!verdict)
		return EXIT_INTERNAL;
	if (verdict->status == EXIT_REGRESSION)
		return EXIT_REGRESSION;
	/*
	 * More exits where their number is constant are a regression, even if the times do not show
	 * it.
	 */
	if (doc__bool(cell, "exits.constant") == 1 &&
	    verdict__status(doc__text(cell, "exits.verdict")) == EXIT_REGRESSION)
		return EXIT_REGRESSION;
	if (verdict->verdict == VERDICT_MISSING)
		return compare_status__of_missing(missing);
	if (verdict->verdict == VERDICT_SAME_RATIO && ratio_will_do)
		return EXIT_OK;
	if (!strcmp(doc__text(cell, "new_status"), "failed"))
		return EXIT_INCONCLUSIVE;
	/* Measured in both, but there is nothing to compare: another unit, or no samples. */
	if (verdict->verdict == VERDICT_UNMEASURED && ok)
		return EXIT_INCONCLUSIVE;
	return verdict->status;
}

/* Takes the statuses in `list` into account. */
static void add_up(const json_t *list, int *worst)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(list, i, cell)
		*worst = exit_status__worse(*worst, (int)doc__number(cell, "status"));
}

int compare_status__of_all(const json_t *cells, const json_t *unmatched)
{
	bool judged = false;
	int worst = EXIT_OK;
	const json_t *cell;
	size_t i;

	add_up(cells, &worst);
	add_up(json_object_get(unmatched, "base"), &worst);
	add_up(json_object_get(unmatched, "new"), &worst);
	json_array_foreach(cells, i, cell)
		judged = judged || verdict__is_judged(doc__text(cell, "verdict"));
	return judged ? worst : exit_status__worse(worst, EXIT_NOT_COMPARABLE);
}
