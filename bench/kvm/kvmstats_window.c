// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/kvm/kvmstats_window.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_hist(const struct kvmstats_desc *desc)
{
	return desc->type == KVMSTATS_LINEAR_HIST || desc->type == KVMSTATS_LOG_HIST;
}

static bool gains(const struct kvmstats_desc *desc)
{
	return desc->type == KVMSTATS_CUMULATIVE || is_hist(desc);
}

/* Kernels may use one name for different statistics: only those that mean the same may be added. */
static bool same(const struct kvmstats_desc *a, const struct kvmstats_desc *b)
{
	return a->type == b->type && a->unit == b->unit && a->base == b->base &&
	       a->exponent == b->exponent && a->size == b->size &&
	       a->bucket_size == b->bucket_size && !strcmp(a->name, b->name);
}

static struct kvmstats_figure *take_figure(struct kvmstats_window *w,
					   const struct kvmstats_desc *desc)
{
	struct kvmstats_figure *f;

	for (unsigned int i = 0; i < w->nr; i++)
		if (same(&w->list[i].desc, desc))
			return &w->list[i];
	if (w->nr == w->room) {
		unsigned int room = w->room ? 2 * w->room : 64;

		f = reallocarray(w->list, room, sizeof(*f));
		if (!f)
			return NULL;
		w->list = f;
		w->room = room;
	}
	f = &w->list[w->nr];
	*f = (struct kvmstats_figure){ .desc = *desc };
	if (gains(desc)) {
		f->gained = calloc(desc->size, sizeof(*f->gained));
		if (!f->gained)
			return NULL;
	}
	w->nr++;
	return f;
}

static void add_ends(struct kvmstats_figure *f, uint64_t begin, uint64_t end)
{
	bool peak = f->desc.type == KVMSTATS_PEAK;

	f->begin = peak ? (begin > f->begin ? begin : f->begin) : f->begin + begin;
	f->end = peak ? (end > f->end ? end : f->end) : f->end + end;
}

int kvmstats_window__add(struct kvmstats_window *w, const struct kvmstats *s, const uint64_t *begin,
			 const uint64_t *end)
{
	for (unsigned int i = 0; i < s->nr_descs; i++) {
		const struct kvmstats_desc *desc = &s->descs[i];
		const uint64_t *from = begin + desc->first, *to = end + desc->first;
		struct kvmstats_figure *f;

		if (desc->type == KVMSTATS_OTHER || (!is_hist(desc) && desc->size != 1))
			continue;
		f = take_figure(w, desc);
		if (!f)
			return -ENOMEM;
		if (!f->gained)
			add_ends(f, *from, *to);
		for (unsigned int k = 0; f->gained && k < desc->size; k++) {
			f->backwards |= to[k] < from[k];
			f->gained[k] += to[k] - from[k];
		}
	}
	w->times++;
	return 0;
}

int kvmstats_window__merge(struct kvmstats_window *into, const struct kvmstats_window *from)
{
	for (unsigned int i = 0; i < from->nr; i++) {
		const struct kvmstats_figure *one = &from->list[i];
		struct kvmstats_figure *f = take_figure(into, &one->desc);

		if (!f)
			return -ENOMEM;
		f->backwards |= one->backwards;
		if (!f->gained)
			add_ends(f, one->begin, one->end);
		for (unsigned int k = 0; f->gained && k < one->desc.size; k++)
			f->gained[k] += one->gained[k];
	}
	into->times += from->times;
	return 0;
}

const struct kvmstats_figure *kvmstats_window__find(const struct kvmstats_window *w,
						    const char *name)
{
	for (unsigned int i = 0; i < w->nr; i++)
		if (!strcmp(w->list[i].desc.name, name))
			return &w->list[i];
	return NULL;
}

void kvmstats_window__prune(struct kvmstats_window *w)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < w->nr; i++) {
		struct kvmstats_figure *f = &w->list[i];

		if (f->gained && (f->backwards || kvmstats_figure__count(f)))
			w->list[kept++] = *f;
		else
			free(f->gained);
	}
	w->nr = kept;
}

void kvmstats_window__free(struct kvmstats_window *w)
{
	for (unsigned int i = 0; i < w->nr; i++)
		free(w->list[i].gained);
	free(w->list);
	*w = (struct kvmstats_window){ 0 };
}

uint64_t kvmstats_figure__count(const struct kvmstats_figure *f)
{
	uint64_t count = 0;

	for (unsigned int k = 0; f->gained && k < f->desc.size; k++)
		count += f->gained[k];
	return count;
}

double kvmstats_desc__scale(const struct kvmstats_desc *desc)
{
	int exponent =
		desc->exponent + (desc->unit == KVMSTATS_SECONDS && desc->base == 10 ? 9 : 0);
	double scale = 1;

	/* Step by step: pow() is off by a bit for some powers of ten. */
	for (int i = 0; i < abs(exponent); i++)
		scale *= desc->base;
	scale = exponent < 0 ? 1 / scale : scale;
	return desc->unit == KVMSTATS_SECONDS && desc->base != 10 ? scale * 1e9 : scale;
}

const char *kvmstats_desc__unit(const struct kvmstats_desc *desc)
{
	switch (desc->unit) {
	case KVMSTATS_BYTES:
		return "bytes";
	case KVMSTATS_SECONDS:
		return "ns";
	case KVMSTATS_CYCLES:
		return "cycles";
	case KVMSTATS_BOOLEAN:
		return "bool";
	default:
		return "count";
	}
}

void kvmstats_desc__bucket(const struct kvmstats_desc *desc, unsigned int bucket, double *low,
			   double *above)
{
	double scale = kvmstats_desc__scale(desc);

	if (desc->type == KVMSTATS_LINEAR_HIST) {
		*low = (double)desc->bucket_size * bucket * scale;
		*above = (double)desc->bucket_size * (bucket + 1.0) * scale;
	} else {
		*low = bucket ? ldexp(scale, (int)bucket - 1) : 0;
		*above = ldexp(scale, (int)bucket);
	}
	if (bucket + 1 >= desc->size)
		*above = INFINITY;
}

double kvmstats_figure__quantile(const struct kvmstats_figure *f, double q)
{
	double left = q * (double)kvmstats_figure__count(f), low, above;

	if (!is_hist(&f->desc) || f->backwards || !kvmstats_figure__count(f))
		return NAN;
	for (unsigned int k = 0; k < f->desc.size; k++) {
		double here = (double)f->gained[k];

		if (!f->gained[k] || left > here) {
			left -= here;
			continue;
		}
		kvmstats_desc__bucket(&f->desc, k, &low, &above);
		/* The last bucket has no upper end: take its lower one. */
		return isfinite(above) ? low + (above - low) * left / here : low;
	}
	return NAN;
}
