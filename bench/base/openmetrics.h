/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics as text: OpenMetrics 1.0, or Prometheus' text format 0.0.4, which node_exporter's
 * textfile collector and older scrapers read. The text grows in memory, since a scrape of hundreds
 * of vCPUs has tens of thousands of lines: stdio took five times as long.
 *
 * A family is announced once, and all its samples follow at once (the formats demand it).
 */
#ifndef HVBENCH_OPENMETRICS_H
#define HVBENCH_OPENMETRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/hist.h"

enum openmetrics_type {
	OPENMETRICS_COUNTER,
	OPENMETRICS_GAUGE,
	OPENMETRICS_HISTOGRAM,
	OPENMETRICS_SUMMARY,
	OPENMETRICS_INFO,
};

/* Text that grows. `failed`: memory ran out, and something is missing. */
struct openmetrics_text {
	char *at; /* not ended by a NUL */
	size_t len, room;
	bool failed;
};

struct openmetrics {
	struct openmetrics_text text; /* zeroed to begin with; the caller frees text.at */
	bool classic;		      /* 0.0.4 */
	/* private: of the family begun last */
	char name[96];
	size_t name_len;
};

/*
 * Adds NAME="VALUE" to a list of labels; an empty value is left out, which means the same. The
 * value is escaped, and has to be clean text (clean_text.h).
 */
void openmetrics__label(struct openmetrics_text *labels, const char *name, const char *value);

/* Adds all of another list. */
void openmetrics__labels(struct openmetrics_text *labels, const struct openmetrics_text *more);

/*
 * Begins a family. `name` has its unit ("seconds"; NULL: none) at its end, and nothing else that
 * the type adds (_total, _info). `help` is plain text of one line.
 */
void openmetrics__family(struct openmetrics *om, const char *name, enum openmetrics_type type,
			 const char *unit, const char *help);
/* Samples of it. Labels are those of openmetrics__label(), without braces. */
void openmetrics__u64(struct openmetrics *om, const struct openmetrics_text *labels,
		      uint64_t value);
/* A time in ns as s, with all its digits. */
void openmetrics__ns(struct openmetrics *om, const struct openmetrics_text *labels, uint64_t ns);
/* Values that are not finite have no sample. */
void openmetrics__number(struct openmetrics *om, const struct openmetrics_text *labels,
			 double value);
/*
 * Of a histogram of ns: cumulative counts up to limits that are the same for all (from 255 ns to
 * 1.07 s, each 4 times the one before) and are ends of our own buckets, so that no count is
 * interpolated.
 */
void openmetrics__hist(struct openmetrics *om, const struct openmetrics_text *labels,
		       const struct hist *hist, uint64_t sum_ns);
/* Of a summary: one of its quantiles ("0.5"); how many values there were. */
void openmetrics__quantile(struct openmetrics *om, const struct openmetrics_text *labels,
			   const char *quantile, double value);
void openmetrics__count(struct openmetrics *om, const struct openmetrics_text *labels,
			uint64_t count);
/* After the last family. -ENOMEM if something did not fit into memory. */
int openmetrics__end(struct openmetrics *om);

#endif
