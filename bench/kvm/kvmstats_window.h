/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How KVM's statistics changed between two readings: what counters and histograms gained, and what
 * instants and peaks were at both ends. For one descriptor, or summed by name over several (vCPUs,
 * VMs, rounds).
 */
#ifndef HVBENCH_KVMSTATS_WINDOW_H
#define HVBENCH_KVMSTATS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/kvm/kvmstats.h"

struct kvmstats_figure {
	struct kvmstats_desc desc; /* valid except for `first` */
	uint64_t *gained;	   /* counters: one value, histograms: one per bucket; NULL
					 * for others */
	uint64_t begin, end;	   /* instants: sums; peaks: the highest */
	bool backwards;		   /* a counter went down, so it was reset: what it gained is
					 * not known */
};

struct kvmstats_window {
	struct kvmstats_figure *list;
	unsigned int nr, room;
	unsigned int times; /* how many descriptors' windows are summed */
};

/*
 * Adds a descriptor's window: `begin` and `end` are its values at both ends, as read by
 * kvmstats__read(). -ENOMEM.
 */
int kvmstats_window__add(struct kvmstats_window *w, const struct kvmstats *s, const uint64_t *begin,
			 const uint64_t *end);
int kvmstats_window__merge(struct kvmstats_window *into, const struct kvmstats_window *from);
const struct kvmstats_figure *kvmstats_window__find(const struct kvmstats_window *w,
						    const char *name);
/* Drops instants and peaks, and counters and histograms that did not change. */
void kvmstats_window__prune(struct kvmstats_window *w);
void kvmstats_window__free(struct kvmstats_window *w);

/* The sum over all buckets. */
uint64_t kvmstats_figure__count(const struct kvmstats_figure *f);
/*
 * The least value of a histogram's bucket and the first value above it, in kvmstats_desc__unit();
 * INFINITY above the last bucket. Linear and logarithmic buckets are as KVM's documentation defines
 * them.
 */
void kvmstats_desc__bucket(const struct kvmstats_desc *desc, unsigned int bucket, double *low,
			   double *above);
/* "ns" for every unit of time, "bytes", "cycles", "count", "bool". */
const char *kvmstats_desc__unit(const struct kvmstats_desc *desc);
/* What a value of 1 in the file is in that unit. */
double kvmstats_desc__scale(const struct kvmstats_desc *desc);
/*
 * The value below which a share q of a histogram's counts lies, interpolated; NAN where there is
 * none.
 */
double kvmstats_figure__quantile(const struct kvmstats_figure *f, double q);

#endif
