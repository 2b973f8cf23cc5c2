// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/hist_layout.h"

void metrics__init(struct metrics *m)
{
	memset(m, 0, sizeof(*m));
}

void metrics__free(struct metrics *m)
{
	for (size_t i = 0; i < m->nr; i++)
		free(m->list[i].hist);
	free(m->list);
	metrics__init(m);
}

static struct metric *metrics__new(struct metrics *m, const char *name, const char *unit)
{
	struct metric *metric;

	if (m->nr == m->room) {
		size_t room = m->room ? 2 * m->room : 32;
		struct metric *list = realloc(m->list, room * sizeof(*list));

		if (!list)
			return NULL;
		m->list = list;
		m->room = room;
	}
	metric = &m->list[m->nr++];
	memset(metric, 0, sizeof(*metric));
	snprintf(metric->name, sizeof(metric->name), "%s", name);
	metric->unit = unit;
	return metric;
}

struct metric *metrics__add(struct metrics *m, const char *name, const char *unit, double value)
{
	struct metric *metric = metrics__new(m, name, unit);

	if (metric) {
		metric->known = true;
		metric->value = value;
	}
	return metric;
}

struct metric *metrics__unknown(struct metrics *m, const char *name, const char *unit,
				const char *fmt, ...)
{
	struct metric *metric = metrics__new(m, name, unit);
	va_list ap;

	if (!metric)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(metric->why, sizeof(metric->why), fmt, ap);
	va_end(ap);
	return metric;
}

struct metric *metrics__add_hist(struct metrics *m, const char *name, const char *unit,
				 const struct hist *hist)
{
	struct hist *copy = malloc(sizeof(*copy));
	struct metric *metric;

	if (!copy)
		return NULL;
	memcpy(copy, hist, sizeof(*copy));
	metric = metrics__add(m, name, unit, (double)hist->count);
	if (metric)
		metric->hist = copy;
	else
		free(copy);
	return metric;
}

/* A cache line's worth at a time: most are empty, and the others can be added in parallel. */
#define BLOCK 16

static void add_block(struct hist *h, const uint32_t *now, const uint32_t *before,
		      unsigned int first)
{
	uint64_t *bucket = &h->bucket[first];
	unsigned int last = BLOCK - 1;
	uint32_t times[BLOCK];
	uint64_t count = 0;

	for (unsigned int i = 0; i < BLOCK; i++)
		times[i] = now[i] - before[i];
	for (unsigned int i = 0; i < BLOCK; i++)
		bucket[i] += times[i];
	for (unsigned int i = 0; i < BLOCK; i++)
		count += times[i];
	h->count += count;
	while (last && !times[last])
		last--;
	if (h->max < hist__high(first + last))
		h->max = hist__high(first + last);
}

void hist__add_buckets(struct hist *h, const uint32_t *now, const uint32_t *before, unsigned int nr)
{
	static const uint32_t nothing[BLOCK];

	_Static_assert(HIST_BUCKETS % BLOCK == 0 && HIST_LAYOUT_BUCKETS % BLOCK == 0,
		       "whole blocks");
	for (unsigned int i = 0; now && i < nr && i < HIST_BUCKETS; i += BLOCK) {
		const uint32_t *was = before ? &before[i] : nothing;

		if (memcmp(&now[i], was, sizeof(nothing)))
			add_block(h, &now[i], was, i);
	}
}
