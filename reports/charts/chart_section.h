/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cells that are drawn together: those of one group and one kind of unit, in all results; and the
 * names they have in charts. Only for the makers of charts.
 */
#ifndef HVBENCH_CHART_SECTION_H
#define HVBENCH_CHART_SECTION_H

#include <jansson.h>
#include <stddef.h>

#include "reports/charts/chart.h"
#include "reports/compare/compare.h"

/* A cell with figures. */
struct entry {
	const json_t *cell;
	size_t result;
	json_t *label, *series;	  /* safe for gnuplot */
	size_t row, rank, beside; /* its row, and which of how many in that row it is */
};

struct section {
	const char *group, *unit;
	const struct compare_side *results;
	size_t nr_results;
	const json_t *by_workload; /* for each result: section__by_workload() */
	struct entry *entries;
	size_t nr;
	json_t *labels, *series; /* name_index */
	size_t most_beside;	 /* the most entries in any row */
	unsigned int part;	 /* 0: all cells; else which part of them, from 1 */
};

/* To be called once cells, results, group and unit are set: finds names and rows. */
void section__name_entries(struct section *s);
/* Sets the rows of entries that have names. */
void section__arrange(struct section *s);
/*
 * The entries of part of the rows, with equally many rows in each part; names are those of the
 * whole section.
 */
struct section section__part(const struct section *s, unsigned int part, unsigned int parts);
void section__destroy(struct section *s);

/* See side_label.h; "" if there is only one result. */
json_t *section__result_name(const struct section *s, size_t result);

/* "exit: cost of an operation (2)" */
json_t *section__title(const struct section *s, const char *what);

/* For charts with a row for each label: ticks, height, and where in its row an entry lies. */
void section__put_ticks(const struct section *s, json_t *files);
void section__set_rows(const struct section *s, json_t *chart);
double section__place(const struct section *s, const struct entry *e);

/*
 * The 95 % interval of a cell's median; twice the median if it has none, or one that covers less.
 */
void entry__interval(const json_t *cell, double *low, double *high);

/* The cells of a document by group and workload, for section__cells_of(). NULL: out of memory. */
json_t *section__by_workload(const json_t *doc);
/* All cells of the entry's workload in its result, measured or not. */
const json_t *section__cells_of(const struct section *s, const struct entry *e);

/*
 * Curves over a numeric key of "params" or "config": cells that are equal except for that key. An
 * object whose values are arrays of the indices of entries. `among`: such an array, the entries to
 * look at; NULL: all.
 */
json_t *section__curves(const struct section *s, const json_t *among, const char *object_name,
			const char *key_name);

#endif
