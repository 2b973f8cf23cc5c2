// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of named figures, as the probes hand them out. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

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

const struct metric *metrics__find(const struct metrics *m, const char *name)
{
	for (size_t i = 0; i < m->nr; i++)
		if (!strcmp(m->list[i].name, name))
			return &m->list[i];
	return NULL;
}

void hist__add_buckets(struct hist *h, const uint32_t *now, const uint32_t *before, unsigned int nr)
{
	for (unsigned int i = 0; now && i < nr && i < HIST_BUCKETS; i++) {
		uint32_t times = now[i] - (before ? before[i] : 0);

		if (!times)
			continue;
		h->bucket[i] += times;
		h->count += times;
		if (h->max < hist__high(i))
			h->max = hist__high(i);
	}
}
