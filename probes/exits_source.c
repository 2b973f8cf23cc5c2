// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/exits_source.h"

#include <string.h>

static const char *const names[] = {
	[EXITS_RAW_TP] = "raw_tp",	     [EXITS_FENTRY] = "fentry", [EXITS_TP] = "tp",
	[EXITS_TRACEPOINTS] = "tracepoints", [EXITS_STATS] = "stats",	[EXITS_NONE] = "none",
};

const char *exits_source__name(enum exits_source source)
{
	return names[source];
}

int exits_source__find(const char *name)
{
	for (int i = 0; i <= EXITS_NONE; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}
