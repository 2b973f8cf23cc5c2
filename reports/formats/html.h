/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One HTML page for one or more results that needs no other file: style and plots are inside, it
 * has no scripts, and nothing in it loads anything. Follows the reader's light or dark setting; can
 * be printed.
 */
#ifndef HVBENCH_HTML_H
#define HVBENCH_HTML_H

#include <jansson.h>
#include <stdio.h>

#include "reports/charts/plot.h"
#include "reports/compare/compare.h"

struct html_report {
	const struct compare_side *results;
	size_t nr;
	const json_t *comparison; /* compare.h; NULL: none */
	const json_t *charts;	  /* charts.h */
	struct plots *plots;	  /* NULL: no plots */
	const char *no_plots;	  /* why there are none */
	const json_t *trends;	  /* in the form trend_view.h takes; NULL: none */
};

/* 0 or -errno of writing. */
int html__render(const struct html_report *report, FILE *out);

#endif
