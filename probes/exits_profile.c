// SPDX-License-Identifier: GPL-2.0-or-later
/* Sums up exits by reason, detail and group. */
#include "probes/exits_profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void exits_profile__free(struct exits_profile *p)
{
	for (size_t i = 0; i < p->nr; i++)
		free(p->list[i]);
	free(p->list);
	free(p->index);
	memset(p, 0, sizeof(*p));
}

void exits_profile__clear(struct exits_profile *p)
{
	for (size_t i = 0; i < p->nr; i++) {
		struct exits_sum *s = p->list[i];

		s->count = s->ns = s->off_ns = s->user_ns = s->user_off_ns = s->max_ns = 0;
		s->clip_ns = 0;
		if (!s->hist.count)
			continue;
		/*
		 * With thousands of sums, touching memory is what takes time: clear only the part
		 * in use.
		 */
		memset(s->hist.bucket, 0, (s->top + 1) * sizeof(*s->hist.bucket));
		s->hist.count = s->hist.max = s->top = 0;
	}
}

/*
 * The vendor does not matter for details, but it does for reasons, which each vendor numbers
 * differently.
 */
static unsigned int isa_of(enum exits_kind kind, unsigned int isa)
{
	return kind == EXITS_BY_REASON ? isa : 0;
}

static uint32_t *profile__place(const struct exits_profile *p, enum exits_kind kind, uint64_t key,
				unsigned int isa, int64_t group)
{
	uint64_t h = (key * 31 + kind * 7 + isa) * 31 + (uint64_t)group;
	size_t places = 2 * p->room;

	h = h * 0x9e3779b97f4a7c15ull >> 20;
	for (size_t i = h % places;; i = (i + 1) % places) {
		const struct exits_sum *s = p->index[i] ? p->list[p->index[i] - 1] : NULL;

		if (!s || (s->key == key && s->kind == kind && s->group == group && s->isa == isa))
			return &p->index[i];
	}
}

static void profile__index(struct exits_profile *p)
{
	for (size_t i = 0; i < p->nr; i++) {
		const struct exits_sum *s = p->list[i];

		*profile__place(p, s->kind, s->key, s->isa, s->group) = (uint32_t)i + 1;
	}
}

static int profile__grow(struct exits_profile *p)
{
	size_t room = p->room ? 2 * p->room : 32;
	struct exits_sum **list = realloc(p->list, room * sizeof(*list));
	uint32_t *index = calloc(2 * room, sizeof(*index));

	if (list)
		p->list = list;
	if (!list || !index) {
		free(index);
		return -ENOMEM;
	}
	free(p->index);
	p->index = index;
	p->room = room;
	profile__index(p);
	return 0;
}

/* The sum, or a new one (whose name is still empty). */
static struct exits_sum *profile__sum(struct exits_profile *p, enum exits_kind kind, uint64_t key,
				      unsigned int isa, int64_t group)
{
	struct exits_sum *s;
	uint32_t *place;

	if (p->nr == p->room && profile__grow(p))
		return NULL;
	place = profile__place(p, kind, key, isa, group);
	if (*place)
		return p->list[*place - 1];
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->key = key;
	s->kind = kind;
	s->isa = isa;
	s->group = group;
	p->list[p->nr++] = s;
	*place = (uint32_t)p->nr;
	return s;
}

int exits_profile__add(struct exits_profile *p, struct exits *x, const struct exits_delta *d,
		       int64_t group)
{
	struct exits_sum *s =
		profile__sum(p, d->kind, d->key, isa_of(d->kind, d->vcpu->isa), group);

	if (!s)
		return -ENOMEM;
	if (!*s->name)
		exits__key_name(x, d, s->name, sizeof(s->name));
	s->repeats = exits_delta__repeats(x, d);
	s->count += d->count;
	s->ns += d->ns;
	s->clip_ns += d->clip_ns;
	s->off_ns += d->off_ns;
	s->user_ns += d->user_ns;
	s->user_off_ns += d->user_off_ns;
	if (s->max_ns < d->max_ns)
		s->max_ns = d->max_ns;
	hist__add_buckets(&s->hist, d->now, d->before, EXITS_BUCKETS);
	s->top = hist__bucket(s->hist.max) > s->top ? hist__bucket(s->hist.max) : s->top;
	if (s->hist.max > s->max_ns)
		s->hist.max = s->max_ns;
	return 0;
}

int exits_profile__add_time(struct exits_profile *p, struct exits *x, unsigned int isa,
			    uint32_t reason, int64_t group, uint64_t ns)
{
	struct exits_sum *s = profile__sum(p, EXITS_BY_REASON, reason, isa, group);

	if (!s)
		return -ENOMEM;
	if (!*s->name)
		exits__reason_name(x, isa, reason, s->name, sizeof(s->name));
	s->clip_ns += (int64_t)ns;
	return 0;
}

int exits_profile__merge(struct exits_profile *p, const struct exits_sum *sum, int64_t group)
{
	struct exits_sum *s = profile__sum(p, sum->kind, sum->key, sum->isa, group);

	if (!s)
		return -ENOMEM;
	memcpy(s->name, sum->name, sizeof(s->name));
	s->repeats = sum->repeats;
	s->count += sum->count;
	s->ns += sum->ns;
	s->clip_ns += sum->clip_ns;
	s->off_ns += sum->off_ns;
	s->user_ns += sum->user_ns;
	s->user_off_ns += sum->user_off_ns;
	if (s->max_ns < sum->max_ns)
		s->max_ns = sum->max_ns;
	hist__merge(&s->hist, &sum->hist);
	s->top = sum->top > s->top ? sum->top : s->top;
	return 0;
}

void exits_profile__drop(struct exits_profile *p,
			 bool (*drop)(const struct exits_sum *sum, void *ctx), void *ctx)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->nr; i++) {
		if (drop(p->list[i], ctx))
			free(p->list[i]);
		else
			p->list[kept++] = p->list[i];
	}
	if (kept == p->nr)
		return;
	p->nr = kept;
	memset(p->index, 0, 2 * p->room * sizeof(*p->index));
	profile__index(p);
}

static int by_count(const void *a, const void *b)
{
	const struct exits_sum *x = *(struct exits_sum *const *)a,
			       *y = *(struct exits_sum *const *)b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->repeats != y->repeats)
		return x->repeats ? 1 : -1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->name, y->name);
}

void exits_profile__sort(struct exits_profile *p)
{
	if (p->nr)
		qsort(p->list, p->nr, sizeof(*p->list), by_count);
}

struct exits_time exits_profile__time(const struct exits_profile *p, int64_t group)
{
	struct exits_time time = { 0 };

	for (size_t i = 0; i < p->nr; i++) {
		const struct exits_sum *s = p->list[i];

		if (s->kind != EXITS_BY_REASON || s->group != group)
			continue;
		time.timed += s->hist.count;
		time.ns += s->ns;
		time.user_ns += s->user_ns;
		time.off_ns += s->off_ns + s->user_off_ns;
	}
	return time;
}

uint64_t exits_profile__count(const struct exits_profile *p)
{
	uint64_t count = 0;

	for (size_t i = 0; i < p->nr; i++)
		if (p->list[i]->kind == EXITS_BY_REASON && !p->list[i]->repeats)
			count += p->list[i]->count;
	return count;
}
