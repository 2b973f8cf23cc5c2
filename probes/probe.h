/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all probes have in common: whom they watch, and how they are used.
 *
 *	open	finds out what there is, loads it, attaches nothing; says why what is missing is missing
 *	begin	attaches; counts from here
 *	end	detaches and hands out what was counted
 *	close
 *
 * begin and end may be repeated. A probe that is not begun costs nothing: nothing is attached.
 * Everything is held by file descriptors, so nothing stays attached when the process dies.
 */
#ifndef HVBENCH_PROBE_H
#define HVBENCH_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/base/error.h"
#include "bench/base/hist.h"

/* Whom to watch. */
struct probe_target {
	const pid_t *pids;	/* processes (thread groups) that run VMs, by their numbers in /proc */
	size_t nr_pids;		/* 0: every VM of this host */
	int vcpu;		/* only the vCPU of this number, -1: all */
};

/* One figure of a probe; a figure that could not be had has `why` and no value. */
struct metric {
	char name[64];
	const char *unit;	/* "count", "ns", "bytes", "cycles" …; a string constant */
	bool known;
	double value;
	struct hist *hist;	/* NULL: a plain value; owned by the metrics */
	char why[160];
};

struct metrics {
	struct metric *list;
	size_t nr, room;
};

void metrics__init(struct metrics *m);
void metrics__free(struct metrics *m);
/* Both return the new metric, or NULL without memory. */
struct metric *metrics__add(struct metrics *m, const char *name, const char *unit, double value);
struct metric *metrics__unknown(struct metrics *m, const char *name, const char *unit,
				const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Adds the histogram's own summary (count); takes a copy. */
struct metric *metrics__add_hist(struct metrics *m, const char *name, const char *unit,
				 const struct hist *hist);

/*
 * Adds what a kernel histogram of the probes' layout (bench/base/hist.h, cut off after `nr` buckets)
 * counted between two readings; counters of 32 bits may have wrapped once.
 */
void hist__add_buckets(struct hist *h, const uint32_t *now, const uint32_t *before, unsigned int nr);

#endif
