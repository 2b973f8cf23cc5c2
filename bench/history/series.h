/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of cells over time, of a history (store.h). */
#ifndef HVBENCH_HISTORY_SERIES_H
#define HVBENCH_HISTORY_SERIES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/history/store.h"

/* What was measured of one cell in one result. */
struct history_point {
	int64_t result;
	size_t at;			     /* index of the result in the list */
	double p50, low, high, ratio, exits; /* NAN: not measured; ratio is a log-ratio to the
						 * reference */
};

struct history_series {
	int64_t cell; /* its id in the history */
	bool wanted;  /* by the filter */
	char *key;    /* identifies the cell, as JSON */
	char *label, *config, *backend, *group, *unit;
	bool higher_is_better;
	struct history_point *points; /* in the order of time */
	size_t nr;
};

/* Which cells to read; NULL: all. Called before the points are read. */
struct history_filter {
	bool (*wanted)(const struct history_series *series, const void *context);
	const void *context;
};

/* The cells without points, in the order of their ids. Otherwise as history__series(). */
int history__cells(struct history *history, const struct history_filter *filter,
		   struct history_series **series, size_t *nr, struct error *err);

/*
 * The cells' points in the listed results (from history__list()). *series is allocated; freed by
 * history__free_series(). 0 or -errno with err set.
 */
int history__series(struct history *history, const json_t *results,
		    const struct history_filter *filter, struct history_series **series, size_t *nr,
		    struct error *err);
void history__free_series(struct history_series *series, size_t nr);

#endif
