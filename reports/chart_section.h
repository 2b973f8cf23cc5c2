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
	const struct compare_side *results;
	size_t nr_results;
	struct entry *entries;
	size_t nr;
	json_t *labels, *series;	/* name_index */
};

/* Once all but names is set. */
void section__name_entries(struct section *s);
void section__destroy(struct section *s);

/* "q1" of "/tmp/q1.json"; "" where there is only one. */
json_t *section__result_name(const struct section *s, size_t result);

/* Charts with a row for each label: their ticks, their height, and where in its row a series stands. */
void section__put_ticks(const struct section *s, json_t *files);
void section__set_rows(const struct section *s, json_t *chart);
double section__place(size_t row, size_t series, size_t nr);

/* The 95 % interval of a cell's median, or the median twice. */
void entry__interval(const json_t *cell, double *low, double *high);

/* What a cell is but for one of the keys of "params" or "config": cells that are equal in it are one curve. */
json_t *entry__curve(const struct entry *e, const char *object_name, const char *key_name);

#endif
