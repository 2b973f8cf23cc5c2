/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What KVM's statistics did between two readings: counters and histograms gained, instants and peaks
 * were so much at both ends. Of one descriptor, or summed over several (vCPUs, VMs, rounds), by name.
 */
#ifndef HVBENCH_KVMSTATS_WINDOW_H
#define HVBENCH_KVMSTATS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/kvm/kvmstats.h"

struct kvmstats_figure {
	struct kvmstats_desc desc;	/* but for `first` */
	uint64_t *gained;		/* counters: one, histograms: by bucket; NULL for the others */
	uint64_t begin, end;		/* instants: sums; peaks: the highest */
	bool backwards;			/* a counter was less than before: somebody reset it, nothing is known */
};

struct kvmstats_window {
	struct kvmstats_figure *list;
	unsigned int nr, room;
	unsigned int times;		/* descriptors' windows that are in it */
};

/*
 * Adds what the descriptor did: `begin` and `end` are its values at both, as kvmstats__read() gives
 * them. -ENOMEM.
 */
int kvmstats_window__add(struct kvmstats_window *w, const struct kvmstats *s, const uint64_t *begin,
			 const uint64_t *end);
int kvmstats_window__merge(struct kvmstats_window *into, const struct kvmstats_window *from);
const struct kvmstats_figure *kvmstats_window__find(const struct kvmstats_window *w, const char *name);
/* Leaves out counters and histograms that did not move, instants and peaks. */
void kvmstats_window__prune(struct kvmstats_window *w);
void kvmstats_window__free(struct kvmstats_window *w);

/* What was counted in all buckets. */
uint64_t kvmstats_figure__count(const struct kvmstats_figure *f);
/*
 * Least and first value above a histogram's bucket, in kvmstats_desc__unit(); the last bucket has no
 * upper end: INFINITY. Linear and logarithmic ones as KVM's documentation has them.
 */
void kvmstats_desc__bucket(const struct kvmstats_desc *desc, unsigned int bucket, double *low,
			   double *above);
/* "ns" for every unit of time, "bytes", "cycles", "count", "bool". */
const char *kvmstats_desc__unit(const struct kvmstats_desc *desc);
/* What one of the file is in that unit. */
double kvmstats_desc__scale(const struct kvmstats_desc *desc);
/* The value below which a share q of a histogram's counts lies, interpolated; NAN where there is none. */
double kvmstats_figure__quantile(const struct kvmstats_figure *f, double q);

#endif
