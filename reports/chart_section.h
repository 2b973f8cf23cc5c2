/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cells that are drawn together: those of one group and one kind of unit, of all results, and by what
 * names they stand in charts. For the makers of charts alone.
 */
#ifndef HVBENCH_CHART_SECTION_H
#define HVBENCH_CHART_SECTION_H

#include <jansson.h>
#include <stddef.h>

#include "chart.h"
#include "compare.h"

/* A cell with figures. */
struct entry {
	const json_t *cell;
	size_t result;
	json_t *label, *series;		/* fit for gnuplot */
};

struct section {
	const char *group, *unit;
	struct entry *entries;
	size_t nr;
	json_t *labels, *series;	/* name_index */
};

/* Once cell and result of all entries are set. */
void section__name_entries(struct section *s, const struct compare_side *results);
void section__destroy(struct section *s);

/* Charts with a row for each label: their ticks, their height, and where in its row a series stands. */
void section__put_ticks(const struct section *s, json_t *files);
void section__set_rows(const struct section *s, json_t *chart);
double section__place(size_t row, size_t series, size_t nr);

/* The 95 % interval of a cell's median, or the median twice. */
void entry__interval(const json_t *cell, double *low, double *high);

#endif
