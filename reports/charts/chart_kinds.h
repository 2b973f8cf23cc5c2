/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of charts: each is one file, with its gnuplot script beside it. DEFINE_CHART() and
 * DEFINE_SCRIPT() put them into linker sections, so that adding the two files is all there is to
 * do.
 */
#ifndef HVBENCH_CHART_KINDS_H
#define HVBENCH_CHART_KINDS_H

#include "reports/charts/chart_section.h"
#include "reports/charts/script.h"

/* Adds to `charts` what it can draw, which may be nothing. */
struct chart_kind {
	unsigned int order; /* its position in a report; different for each kind */
	bool rows;	    /* has a row for each workload: if there are many they are split
				 * over several charts */
	/*
	 * A kind has one of these; the second draws one of the comparisons (compare.h) in
	 * `comparison`, the third what is about all groups of the results.
	 */
	void (*add)(const struct section *s, json_t *charts);
	void (*add_compared)(const json_t *comparison, const json_t *one, json_t *charts);
	void (*add_whole)(const struct compare_side *results, size_t nr, json_t *charts);
};

#define DEFINE_CHART(ident) \
	static const struct chart_kind chart_##ident; \
	static const struct chart_kind *const chart_##ident##_entry \
		__attribute__((used, section("chart_table"))) = &chart_##ident; \
	static const struct chart_kind chart_##ident

#endif
