/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gaps that a guest noted in its own time (workloads/gaps.c), put down to what the host saw on that
 * vCPU's CPU meanwhile (probes/stops.h).
 */
#ifndef HVBENCH_RESULT_GAPS_H
#define HVBENCH_RESULT_GAPS_H

#include <jansson.h>

#include "bench/backends/measurement.h"
#include "probes/stops.h"

/* One moment by the guest's clock and by CLOCK_MONOTONIC. */
struct gap_moment {
	uint64_t tsc, ns;
};

struct gap_account {
	const struct stop *stops; /* in any order */
	size_t nr_stops;
	uint64_t lost; /* stops for which there was no room */
	/* of the window: its first and its last moment */
	struct gap_moment begin, end;
	const char *why; /* the host saw nothing: why; NULL: it did */
};

/*
 * The cell's "gaps": what was lost, to which cause, and what no stop explains. NULL: out of memory,
 * or there is no record.
 */
json_t *gaps__account(const struct gap_record *gaps, const struct gap_account *account);

#endif
