// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/probes.h"

#include <stdlib.h>

struct opened {
	const struct probe *probe;
	void *state; /* NULL: not available */
	struct error why;
};

struct probes {
	size_t nr;
	struct opened list[]; /* in the order in which they begin */
};

struct probes *probes__open(const struct probe_target *target)
{
	size_t nr = (size_t)(__stop_probe_table - __start_probe_table);
	struct probes *p = calloc(1, sizeof(*p) + nr * sizeof(*p->list));

	if (!p)
		return NULL;
	for (int last = 0; last <= 1; last++)
		for_each_probe(entry)
			if ((*entry)->last == last)
				p->list[p->nr++].probe = *entry;
	for (size_t i = 0; i < nr; i++)
		if (p->list[i].probe->open(&p->list[i].state, target, &p->list[i].why))
			p->list[i].state = NULL;
	return p;
}

static void drop(struct opened *o)
{
	if (o->state)
		o->probe->close(o->state);
	o->state = NULL;
}

void probes__begin(struct probes *p)
{
	for (size_t i = 0; i < p->nr; i++)
		if (p->list[i].state && p->list[i].probe->begin(p->list[i].state, &p->list[i].why))
			drop(&p->list[i]);
}

/* In reverse order, so that ending one probe is not counted by another either. */
void probes__end(struct probes *p, probes_visit visit, void *ctx)
{
	for (size_t i = p->nr; i--;) {
		const struct probe *probe = p->list[i].probe;
		struct error err = p->list[i].why;
		struct metrics m;
		bool known;

		metrics__init(&m);
		known = p->list[i].state && !probe->end(p->list[i].state, &m, &err);
		visit(probe, known ? &m : NULL, known ? "" : err.text, ctx);
		metrics__free(&m);
	}
}

void probes__close(struct probes *p)
{
	for (size_t i = 0; p && i < p->nr; i++)
		drop(&p->list[i]);
	free(p);
}
