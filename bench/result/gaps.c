// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/result/gaps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/clean_text.h"
#include "bench/base/json.h"

/*
 * The host's stamps are taken a little inside of the gap, its clock and the guest's are read one
 * after the other: stops count that are this close to a gap.
 */
#define NEAR_NS	    2000
#define MAX_CAUSES  64
#define CAUSE_BYTES 64

struct cause {
	char name[CAUSE_BYTES];
	uint64_t count;
	double guest_ns, host_ns, longest_ns;
};

struct accounts {
	struct cause list[MAX_CAUSES];
	size_t nr;
};

static int by_begin(const void *a, const void *b)
{
	const struct stop *x = a, *y = b;

	return x->from_ns < y->from_ns ? -1 : x->from_ns > y->from_ns;
}

static int by_loss(const void *a, const void *b)
{
	const struct cause *x = a, *y = b;

	return x->guest_ns > y->guest_ns ? -1 : x->guest_ns < y->guest_ns;
}

/* Where a reading of the guest's clock lies in the host's time, on the line through two moments. */
static double to_ns(const struct gap_account *acc, uint64_t tsc)
{
	double rate =
		(double)(acc->end.ns - acc->begin.ns) / (double)(acc->end.tsc - acc->begin.tsc);

	return (double)(int64_t)(tsc - acc->begin.tsc) * rate;
}

/* Counts the gap; in the last place when there are more causes than places. */
static void book(struct accounts *all, const char *name, double guest_ns, double host_ns)
{
	struct cause *c = NULL;

	for (size_t i = 0; i < all->nr && !c; i++)
		if (!strcmp(all->list[i].name, name))
			c = &all->list[i];
	if (!c && all->nr < MAX_CAUSES) {
		c = &all->list[all->nr++];
		snprintf(c->name, sizeof(c->name), "%s",
			 all->nr == MAX_CAUSES ? "other causes" : name);
	}
	if (!c)
		c = &all->list[MAX_CAUSES - 1];
	c->count++;
	c->guest_ns += guest_ns;
	c->host_ns += host_ns;
	if (guest_ns > c->longest_ns)
		c->longest_ns = guest_ns;
}

/*
 * The cause of a gap is the longest stop in it; an exit, which encloses what happened in it, only
 * if there is nothing else. Returns NULL if no stop is near; *host_ns is what stops cover of the
 * gap.
 */
static const struct stop *cause_of(const struct stop *stops, size_t nr, double base, double from,
				   double to, double most_ns, double *host_ns)
{
	const struct stop *cause = NULL, *exit = NULL;
	double covered = from, longest = -1;

	*host_ns = 0;
	for (size_t i = 0; i < nr; i++) {
		double a = (double)(int64_t)(stops[i].from_ns - (uint64_t)base),
		       b = (double)(int64_t)(stops[i].to_ns - (uint64_t)base);

		if (a > to + NEAR_NS)
			break;
		if (a < from - NEAR_NS - most_ns || b < from - NEAR_NS)
			continue;
		if (stops[i].kind == STOP_EXIT) {
			exit = &stops[i];
		} else if (b - a > longest) {
			longest = b - a;
			cause = &stops[i];
		}
		/* In order of their beginnings: what is beyond the last end is new. */
		a = a > covered ? a : covered;
		b = b < to ? b : to;
		if (b > a) {
			*host_ns += b - a;
			covered = b;
		}
	}
	return cause ? cause : exit;
}

static void go_through(const struct gap_record *gaps, const struct gap_account *acc,
		       struct stop *stops, struct accounts *all, struct cause *unknown)
{
	double most_ns = 0;
	size_t first = 0;

	qsort(stops, acc->nr_stops, sizeof(*stops), by_begin);
	for (size_t i = 0; i < acc->nr_stops; i++)
		if ((double)(stops[i].to_ns - stops[i].from_ns) > most_ns)
			most_ns = (double)(stops[i].to_ns - stops[i].from_ns);
	for (unsigned int i = 0; i < gaps->nr_listed; i++) {
		double from = to_ns(acc, gaps->list[i].tsc),
		       to = to_ns(acc, gaps->list[i].tsc + gaps->list[i].cycles), host_ns;
		const struct stop *cause;
		char name[CAUSE_BYTES];

		/* Gaps come in order: stops that began long before this one are over. */
		while (first < acc->nr_stops &&
		       (double)(int64_t)(stops[first].from_ns - acc->begin.ns) <
			       from - NEAR_NS - most_ns)
			first++;
		cause = cause_of(stops + first, acc->nr_stops - first, (double)acc->begin.ns, from,
				 to, most_ns, &host_ns);
		if (cause) {
			stop__describe(cause, name, sizeof(name));
			clean_text__in_place(name, sizeof(name));
			book(all, name, to - from, host_ns);
		} else {
			unknown->count++;
			unknown->guest_ns += to - from;
			if (to - from > unknown->longest_ns)
				unknown->longest_ns = to - from;
		}
	}
}

static json_t *cause_to_json(const struct cause *c)
{
	return json_pack("{s:o,s:I,s:o,s:o,s:o}", "cause", json__text(c->name), "count",
			 (json_int_t)c->count, "guest_ns", json__number(c->guest_ns), "host_ns",
			 json__number(c->host_ns), "longest_ns", json__number(c->longest_ns));
}

static json_t *list_of(struct accounts *all, double *attributed, double *host)
{
	json_t *list = json_array();

	qsort(all->list, all->nr, sizeof(all->list[0]), by_loss);
	for (size_t i = 0; i < all->nr; i++) {
		*attributed += all->list[i].guest_ns;
		*host += all->list[i].host_ns;
		json_array_append_new(list, cause_to_json(&all->list[i]));
	}
	return list;
}

json_t *gaps__account(const struct gap_record *gaps, const struct gap_account *acc)
{
	bool clocks = gaps && gaps->tsc_is_host && acc->end.tsc > acc->begin.tsc &&
		      acc->end.ns > acc->begin.ns;
	const char *why = acc->why ? acc->why :
			  clocks   ? NULL :
				     "the guest's clock is not the host's, so its gaps have no "
				     "place in the host's time";
	struct accounts *all = alloc__need_zeroed(1, sizeof(*all));
	struct stop *stops = alloc__need_zeroed(acc->nr_stops + 1, sizeof(*stops));
	struct cause unknown = { .name = "" };
	double attributed = 0, host = 0,
	       ns = gaps && gaps->tsc_khz ? 1e6 / (double)gaps->tsc_khz : 0;
	json_t *out = NULL, *list;

	if (!gaps)
		goto done;
	if (acc->nr_stops)
		memcpy(stops, acc->stops, acc->nr_stops * sizeof(*stops));
	if (!why)
		go_through(gaps, acc, stops, all, &unknown);
	list = list_of(all, &attributed, &host);
	out = json_pack("{s:I,s:I,s:o,s:o}", "count", (json_int_t)gaps->all.nr, "looked_at",
			(json_int_t)gaps->nr_listed, "lost_ns",
			json__number((double)gaps->all.cycles * ns), "watched_ns",
			json__number((double)gaps->all.spun_cycles * ns));
	json_object_set_new(out, "causes", list);
	json_object_set_new(out, "attributed_ns", why ? json_null() : json__number(attributed));
	json_object_set_new(out, "host_ns", why ? json_null() : json__number(host));
	json_object_set_new(out, "unattributed_ns",
			    why ? json_null() : json__number(unknown.guest_ns));
	json_object_set_new(out, "unattributed",
			    why ? json_null() : json_integer((json_int_t)unknown.count));
	json_object_set_new(out, "lost_stops", json_integer((json_int_t)acc->lost));
	json_object_set_new(out, "why", why ? json__text(why) : json_null());
done:
	free(stops);
	free(all);
	return out;
}
