// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Log-linear histogram: see hist.h. Counts saturate instead of wrapping, and nothing here trusts
 * that `count` is the sum of the buckets, since both may come from a guest or from a file.
 */
#include "bench/base/hist.h"

#define SUB_BUCKETS (1u << HIST_SUB_BITS)

static uint64_t saturating_add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

unsigned int hist__bucket(uint64_t value)
{
	unsigned int shift;

	if (value < SUB_BUCKETS)
		return (unsigned int)value;
	shift = 63u - (unsigned int)__builtin_clzll(value) - HIST_SUB_BITS;
	return (shift + 1) * SUB_BUCKETS + (unsigned int)((value >> shift) & (SUB_BUCKETS - 1));
}

uint64_t hist__low(unsigned int bucket)
{
	if (bucket >= HIST_BUCKETS)
		return UINT64_MAX;
	if (bucket < SUB_BUCKETS)
		return bucket;
	return (uint64_t)(SUB_BUCKETS + bucket % SUB_BUCKETS) << (bucket / SUB_BUCKETS - 1);
}

uint64_t hist__high(unsigned int bucket)
{
	return bucket + 1 >= HIST_BUCKETS ? UINT64_MAX : hist__low(bucket + 1) - 1;
}

void hist__add(struct hist *h, uint64_t value, uint64_t times)
{
	uint64_t *bucket = &h->bucket[hist__bucket(value)];

	if (!times)
		return;
	*bucket = saturating_add(*bucket, times);
	h->count = saturating_add(h->count, times);
	if (value > h->max)
		h->max = value;
}

void hist__merge(struct hist *into, const struct hist *from)
{
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] = saturating_add(into->bucket[i], from->bucket[i]);
	into->count = saturating_add(into->count, from->count);
	if (from->max > into->max)
		into->max = from->max;
}

/* The largest value that can have occurred in the bucket. */
static double top_of(const struct hist *h, unsigned int bucket)
{
	uint64_t high = hist__high(bucket);

	return (double)(h->max < high && h->max >= hist__low(bucket) ? h->max : high);
}

double hist__quantile(const struct hist *h, double q)
{
	double rank, before = 0;

	if (!h->count)
		return 0;
	if (!(q > 0))
		q = 0;
	if (q > 1)
		q = 1;
	rank = q * (double)h->count;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		double n = (double)h->bucket[i], low, value;

		if (!h->bucket[i])
			continue;
		if (before + n < rank) {
			before += n;
			continue;
		}
		low = (double)hist__low(i);
		value = low + (top_of(h, i) - low) * (rank - before) / n;
		return value < (double)h->max ? value : (double)h->max;
	}
	return (double)h->max;
}

double hist__mean(const struct hist *h)
{
	double sum = 0, n = 0;

	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		double times = (double)h->bucket[i];

		sum += times * ((double)hist__low(i) + top_of(h, i)) / 2;
		n += times;
	}
	return n > 0 ? sum / n : 0;
}
