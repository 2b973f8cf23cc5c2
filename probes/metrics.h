/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of named figures, as returned by the probes. */
#ifndef HVBENCH_METRICS_H
#define HVBENCH_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/hist.h"

/* One figure of a probe; if it could not be had there is `why` and no value. */
struct metric {
	char name[64];
	const char *unit; /* "count", "ns", "bytes", "cycles" …; a string constant */
	bool known;
	double value;
	struct hist *hist; /* NULL: a plain value; owned by the metrics */
	char why[160];
};

struct metrics {
	struct metric *list;
	size_t nr, room;
};

void metrics__init(struct metrics *m);
void metrics__free(struct metrics *m);
/* Both return the new metric, or NULL if out of memory. */
struct metric *metrics__add(struct metrics *m, const char *name, const char *unit, double value);
struct metric *metrics__unknown(struct metrics *m, const char *name, const char *unit,
				const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Adds a histogram with its own summary (count); takes a copy. */
struct metric *metrics__add_hist(struct metrics *m, const char *name, const char *unit,
				 const struct hist *hist);

/*
 * Adds what a kernel histogram in the probes' layout (hist_layout.h, cut off after `nr` buckets)
 * counted between two readings; 32-bit counters may have wrapped once.
 */
void hist__add_buckets(struct hist *h, const uint32_t *now, const uint32_t *before,
		       unsigned int nr);

#endif
