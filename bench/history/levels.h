/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cell's figures over time, as they are compared, and the verdict on a change of their level. For
 * bench/history/ only.
 */
#ifndef HVBENCH_HISTORY_LEVELS_H
#define HVBENCH_HISTORY_LEVELS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "bench/base/changepoint.h"
#include "bench/base/verdicts.h"
#include "bench/history/trend.h"

/* The least number of values that tell how they vary. */
#define LEVELS_LEAST 8

/* The points of a series that can be drawn and compared, as logarithms if all are positive. */
struct values {
	double *v;  /* for comparison */
	size_t *at; /* index among the series' points */
	size_t nr;
	bool ratio, logs;
};

void values__init(struct values *v, const struct history_series *s, enum trend_figure figure);
void values__destroy(struct values *v);

/* A value to show: in the cell's unit, or as a ratio. */
double values__shown(const struct values *v, double value);
/* The relative change between two levels. */
double values__relative(const struct values *v, double before, double after);
/* The least change that matters, in the units of the values. */
double values__least_move(const struct values *v, double floor);
/*
 * Whether higher is better. It never is for a ratio: that compares costs, even in a cell whose unit
 * is bytes per second.
 */
bool values__higher_is_better(const struct history_series *s, const struct values *v);

/*
 * Quantile of Student's t with `df` degrees of freedom, by Cornish and Fisher's expansion around
 * the normal distribution's (Abramowitz and Stegun, 26.7.5); within 2 % from 7 degrees up for the
 * tails used here.
 */
double levels__t_quantile(double p, double df);

/*
 * The verdict on a change of level between the values `from` and `to`. A ratio also changes where
 * nothing but the reference moved: if the cost is known well enough to have shown it and did not,
 * the cell is the same; if the cost went the other way, there is no verdict. *why: new text, or
 * NULL.
 */
enum verdict levels__judge(const struct history_series *s, const struct values *v,
			   const struct changepoint *c, size_t from, size_t to,
			   const struct trend_options *options, json_t **why);

#endif
