// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of verdicts: see verdicts.h. */
#include "bench/base/verdicts.h"

#include <stddef.h>
#include <string.h>

#define VERDICT_ROW(ident, name_, on_, status_, color_, rgb_, junit_, judged_, shown_, tile_) \
	[VERDICT_##ident] = { \
		.verdict = VERDICT_##ident, \
		.name = name_, \
		.on = on_, \
		.status = status_, \
		.color = color_, \
		.rgb = rgb_, \
		.junit = junit_, \
		.judged = judged_, \
		.shown = shown_, \
		.tile = tile_, \
	},
const struct verdict_row verdict_table[] = { VERDICTS(VERDICT_ROW) };

_Static_assert(sizeof(verdict_table) / sizeof(verdict_table[0]) == NR_VERDICTS,
	       "each verdict has its line");

/* For words without a line in the table: a colour that is noticed wherever it appears. */
#define RGB_UNKNOWN 0xff00ff

const char *verdict__name(enum verdict verdict)
{
	return verdict_table[verdict].name;
}

const struct verdict_row *verdict__find(const char *name)
{
	for (size_t i = 0; i < NR_VERDICTS; i++)
		if (!strcmp(verdict_table[i].name, name))
			return &verdict_table[i];
	return NULL;
}

int verdict__status(const char *name)
{
	const struct verdict_row *row = verdict__find(name);

	return row ? (int)row->status : EXIT_INTERNAL;
}

const char *verdict__color(const char *name)
{
	const struct verdict_row *row = verdict__find(name);

	return row ? row->color : "red";
}

const char *verdict__shown(const char *name)
{
	const struct verdict_row *row = verdict__find(name);

	return row ? row->shown : name;
}

bool verdict__is_judged(const char *name)
{
	const struct verdict_row *row = verdict__find(name);

	return row && row->judged;
}

unsigned int verdict__rgb(const char *name)
{
	const struct verdict_row *row = verdict__find(name);

	return row ? row->rgb : RGB_UNKNOWN;
}

const char *verdict__junit(const char *name, int status)
{
	const struct verdict_row *row = verdict__find(name);

	if (!row || status == EXIT_INTERNAL)
		return "error";
	if (status == EXIT_REGRESSION)
		return "failure";
	return status == EXIT_OK ? row->junit : "skipped";
}

int exit_status__worse(int a, int b)
{
	static const int order[] = { EXIT_INTERNAL, EXIT_REGRESSION, EXIT_NOT_COMPARABLE,
				     EXIT_INCONCLUSIVE };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a ?: b;
}
