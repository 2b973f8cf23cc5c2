// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/result/reference.h"

#include <math.h>
#include <stdlib.h>

#include "bench/base/alloc.h"
#include "bench/base/json.h"
#include "bench/base/stats.h"
#include "bench/result/warnings.h"

#define LEVEL 0.95

static json_t *new_log_ratio(double *ratios, size_t nr)
{
	json_t *array = json_array();
	struct stats_interval ci;

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(array, json__number(ratios[i]));
	stats__sort(ratios, nr);
	ci = stats__median_interval(ratios, nr, LEVEL);
	return json_pack("{s:o, s:o, s:o, s:o}", "pairs", array, "p50",
			 json__number(stats__quantile(ratios, nr, 0.5)), "ci95",
			 ci.coverage >= LEVEL ?
				 json_pack("[oo]", json__number(ci.low), json__number(ci.high)) :
				 json_null(),
			 "ci_coverage", json__number(ci.coverage));
}

void result__add_reference(json_t *cell, const char *label, const struct pair *pairs, size_t nr)
{
	double *ratios = alloc__need_zeroed(nr + 1, sizeof(*ratios));
	const char *why = NULL;
	size_t n = 0;

	for (size_t i = 0; i < nr; i++) {
		if (pairs[i].status == MEASURE_OK)
			ratios[n++] = pairs[i].log_ratio;
		else if (!why)
			why = pairs[i].reason;
	}
	json_object_set_new(cell, "reference",
			    n ? json_pack("{s:s, s:o}", "label", label, "log_ratio",
					  new_log_ratio(ratios, n)) :
				json_null());
	if (why)
		result__warn(cell, "no ratio to the reference%s: %s", n ? " in some rounds" : "",
			     why);
	free(ratios);
}
