/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cell's figures on many machines: read from a history. For bench/history/ only. */
#ifndef HVBENCH_HISTORY_MACHINES_H
#define HVBENCH_HISTORY_MACHINES_H

#include <stddef.h>

#include "bench/history/series.h"

/* Of a result. */
struct machine_result {
	char *started;	/* the text */
	double seconds; /* since 1970; NAN: it is no time */
	const char *kernel, *build;
};

struct machine {
	char *fingerprint, *name;	/* name "": not known */
	struct history_series series;	/* only its points; `at` is an index among the results */
	struct machine_result *results; /* oldest first */
};

struct machines {
	struct machine *list; /* by fingerprint, then name */
	size_t nr;
	char **texts; /* kernels and builds */
	size_t nr_texts;
};

/* Of each the latest `last` results, 0: all. 0 or -errno with err set. */
int machines__read(struct machines *machines, struct history *history, int64_t cell,
		   const char *fingerprint, size_t last, struct error *err);
/* Where the machines of the same kind as that one end. */
size_t machines__end_of_kind(const struct machines *machines, size_t from);
void machines__destroy(struct machines *machines);

/* As "kinds" of fleet.h. NULL with err set. */
json_t *machines__kinds(struct history *history, const char *fingerprint, struct error *err);

#endif
