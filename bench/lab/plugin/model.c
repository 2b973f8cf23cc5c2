// SPDX-License-Identifier: GPL-2.0-or-later
/* A model of caches; see model.h. */
#include "bench/lab/plugin/model.h"

#include <stdlib.h>
#include <string.h>

#include "bench/lab/plugin/span.h"

/* Bits of a tag that no address has. */
#define OF_GUEST (1ull << 60)
#define OF_CODE	 (1ull << 59)

int model__init(struct model *m, const char *text)
{
	memset(m, 0, sizeof(*m));
	for (int i = 0; i < MODEL_PARTS; i++) {
		struct model_cache *c = &m->parts[i];
		char *end;

		c->sets = (uint32_t)strtoul(text, &end, 10);
		if (*end != 'x')
			break;
		c->ways = (uint32_t)strtoul(end + 1, &end, 10);
		if (!c->sets || !c->ways || c->sets > MODEL_MOST_ENTRIES ||
		    c->ways > MODEL_MOST_ENTRIES / c->sets ||
		    *end != (i + 1 < MODEL_PARTS ? ':' : '\0'))
			break;
		c->tags = calloc((size_t)c->sets * c->ways, sizeof(*c->tags));
		if (!c->tags)
			break;
		m->on = i + 1 == MODEL_PARTS;
		text = end + 1;
	}
	if (m->on)
		return 0;
	model__free(m);
	return -1;
}

void model__free(struct model *m)
{
	for (int i = 0; i < MODEL_PARTS; i++)
		free(m->parts[i].tags);
	memset(m, 0, sizeof(*m));
}

/* Whether it was there; it is now, as the most recently used of its set. */
static bool look_up(struct model_cache *c, uint64_t place, uint64_t marks)
{
	uint64_t *tags = &c->tags[place % c->sets * c->ways], tag = (place | marks) + 1;
	uint32_t i = 0;
	bool hit;

	while (i < c->ways - 1 && tags[i] != tag)
		i++;
	hit = tags[i] == tag;
	memmove(tags + 1, tags, i * sizeof(*tags));
	tags[0] = tag;
	return hit;
}

static void line(struct model *m, enum model_part l1, uint64_t place, uint64_t marks)
{
	if (look_up(&m->parts[l1], place, marks))
		return;
	m->misses[l1]++;
	m->misses[MODEL_L2] += !look_up(&m->parts[MODEL_L2], place, marks);
}

void model__code(struct model *m, uint64_t address, bool guest)
{
	uint64_t marks = OF_CODE | (guest ? OF_GUEST : 0);

	line(m, MODEL_L1I, address >> LINE_SHIFT, marks);
	m->misses[MODEL_ITLB] += !look_up(&m->parts[MODEL_ITLB], address >> PAGE_SHIFT, marks);
}

void model__data(struct model *m, uint64_t address, uint64_t physical, bool guest)
{
	line(m, MODEL_L1D, physical >> LINE_SHIFT, 0);
	m->misses[MODEL_DTLB] +=
		!look_up(&m->parts[MODEL_DTLB], address >> PAGE_SHIFT, guest ? OF_GUEST : 0);
}
