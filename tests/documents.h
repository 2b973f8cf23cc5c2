/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Result documents with made-up replicates, for tests of comparisons: each round has three samples,
 * the middle one of which is the given value.
 */
#ifndef HVBENCH_DOCUMENTS_H
#define HVBENCH_DOCUMENTS_H

#include <jansson.h>
#include <math.h>

#include "bench/base/stats.h"

static inline json_t *document__new(const char *fingerprint, const char *clock)
{
	return json_pack(
		"{s:s, s:{s:s}, s:s, s:{s:i}, s:{s:s, s:s, s:s, s:s, s:{s:s, s:[s, s]}}, s:[]}",
		"schema", "hvbench.result/1", "tool", "version", "0.1.0", "started",
		"2026-01-31T12:00:00Z", "plan", "rounds", 8, "host", "fingerprint", fingerprint,
		"clock", clock, "kernel", "6.1.0", "virt", "vmx", "cpu", "model", "A CPU", "flags",
		"tsc", "pcid", "cells");
}

static inline json_t *document__cell(json_t *doc, const char *workload, const double *rounds,
				     size_t nr)
{
	json_t *list = json_array(), *cell;
	double least = INFINITY;

	for (size_t i = 0; i < nr; i++) {
		json_array_append_new(list,
				      json_pack("{s:s, s:[f, f, f]}", "status", "ok", "samples",
						rounds[i] * 0.999, rounds[i], rounds[i] * 1.001));
		least = fmin(least, rounds[i] * 0.999);
	}
	cell = json_pack(
		"{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:b, s:[], s:o, s:{s:f, s:f}, s:{}}",
		"workload", workload, "label", workload, "group", "exit", "backend", "kvm",
		"config", "name", "default", "irqchip", "kernel", "status", "ok", "unit", "ns",
		"higher_is_better", 0, "warnings", "rounds", list, "summary", "min", least, "p50",
		stats__median(rounds, nr), "params");
	json_array_append_new(json_object_get(doc, "cells"), cell);
	return cell;
}

/* Draws a normal variate around `level` with the given relative spread. */
static inline double document__draw(struct rng *rng, double level, double spread)
{
	double z = sqrt(-2 * log(1 - rng__uniform(rng))) * cos(2 * M_PI * rng__uniform(rng));

	return level * exp(spread * z);
}

static inline json_t *document__random_cell(json_t *doc, const char *workload, struct rng *rng,
					    double level, double spread, size_t nr)
{
	double rounds[64];

	for (size_t i = 0; i < nr; i++)
		rounds[i] = document__draw(rng, level, spread);
	return document__cell(doc, workload, rounds, nr);
}

/* Adds the ratio to a reference, as pairs of twins. */
static inline void document__reference(json_t *cell, struct rng *rng, double ratio, double spread,
				       size_t nr)
{
	json_t *pairs = json_array();
	double sum = 0;

	for (size_t i = 0; i < nr; i++) {
		double log_ratio = log(document__draw(rng, ratio, spread));

		sum += log_ratio;
		json_array_append_new(pairs, json_real(log_ratio));
	}
	json_object_set_new(cell, "reference",
			    json_pack("{s:s, s:{s:o, s:f}}", "label", "pio-user", "log_ratio",
				      "pairs", pairs, "p50", sum / (double)nr));
}

#endif
