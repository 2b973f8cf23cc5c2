// SPDX-License-Identifier: GPL-2.0-or-later
/* How busy the host was: see load.h. */
#include "bench/result/load.h"

#include <math.h>
#include <string.h>

#include "bench/result/doc.h"

/* Others used this many CPUs more or less. */
#define UNLIKE_CPUS 0.1
/* All CPUs were busy if fewer than this share of them was idle. */
#define SATURATED_IDLE 0.05
/*
 * If that is not known: load averages over the last minute are unlike if they differ by this much
 * and by this factor. A run itself leaves a load of about 1 to the next.
 */
#define UNLIKE_LOAD	   2
#define UNLIKE_LOAD_FACTOR 2

struct load load__of(const json_t *doc)
{
	return (struct load){
		.cpus = doc__number(doc, "contention.cpus"),
		.own = doc__number(doc, "contention.own_cpus"),
		.others = doc__number(doc, "contention.others_cpus") +
			  doc__number(doc, "contention.stolen_cpus"),
		.average = doc__element(doc, "host.load_average", 0),
	};
}

bool load__is_saturated(const struct load *load)
{
	return load->cpus - load->own - load->others < SATURATED_IDLE * load->cpus;
}

bool load__unlike(const struct load *a, const struct load *b)
{
	double differ = fabs(a->others - b->others);
	double less = fmin(a->average, b->average), more = fmax(a->average, b->average);

	if (isfinite(differ))
		return differ > UNLIKE_CPUS;
	return isfinite(less) && more - less > UNLIKE_LOAD && more > UNLIKE_LOAD_FACTOR * less;
}

bool load__explains(const char *group, bool is_ratio, bool saturated)
{
	return !is_ratio || (strcmp(group, "exit") && (saturated || strcmp(group, "memory")));
}
