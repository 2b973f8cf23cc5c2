// SPDX-License-Identifier: GPL-2.0-or-later
/* Matches cells: see match.h. */
#include "reports/compare/match.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/result/doc.h"

/* At most so many cells of the same workload are searched for the nearest one. */
#define MAX_NEAR 256
/* How many sets of keys are tried as --across, and how many keys a set may have. */
#define MAX_TRIED 8
#define MAX_KEYS  32
#define MAX_ASKED 256 /* cells without a counterpart that are looked at for that */

/* One document's cells: what identifies them, and which have been matched. */
struct side {
	const json_t *cells;
	json_t *identities;  /* an object of texts for each cell */
	json_t *by_workload; /* its name to the indices of its cells */
	bool *taken;	     /* or left out by `only` */
	size_t nr;
};

int match__is_wanted(const json_t *cell, const char *const *only)
{
	if (!only)
		return 1;
	for (; *only; only++)
		if (!fnmatch(*only, doc__text(cell, "workload"), 0) ||
		    !fnmatch(*only, doc__text(cell, "label"), 0) ||
		    !fnmatch(*only, doc__text(cell, "group"), 0))
			return 1;
	return 0;
}

static bool is_across(const char *name, const char *const *across)
{
	for (; across && *across; across++)
		if (!strcmp(name, *across))
			return true;
	return false;
}

/* Numbers and texts both become text: 64 and "64" are the same parameter. */
static void set_text(json_t *identity, const char *name, const json_t *value)
{
	char number[64];

	if (json_is_string(value))
		json_object_set(identity, name, (json_t *)value);
	else if (json_is_number(value)) {
		snprintf(number, sizeof(number), "%.17g", json_number_value(value));
		json_object_set_new(identity, name, json_string(number));
	} else if (json_is_boolean(value)) {
		json_object_set_new(identity, name,
				    json_string(json_is_true(value) ? "on" : "off"));
	}
}

static void set_all(json_t *identity, const char *prefix, const json_t *values,
		    const char *const *across)
{
	char name[256];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)values, key, value) {
		/* A configuration's name is only a label, unless it is the only key it has. */
		if (!strcmp(prefix, "config.") && !strcmp(key, "name") &&
		    json_object_size(values) > 1)
			continue;
		if (is_across(key, across))
			continue;
		snprintf(name, sizeof(name), "%s%s", prefix, key);
		set_text(identity, name, value);
	}
}

static json_t *identity_of(const json_t *cell, const char *const *across)
{
	json_t *identity = json_object();

	set_text(identity, "workload", json_object_get(cell, "workload"));
	/* VMs in a profile are identified by their names, since their process numbers differ. */
	if (!strcmp(doc__text(cell, "workload"), "profile"))
		set_text(identity, "label", json_object_get(cell, "label"));
	if (!is_across("backend", across))
		set_text(identity, "backend", json_object_get(cell, "backend"));
	if (!is_across("ring", across))
		set_text(identity, "ring", json_object_get(cell, "ring"));
	set_all(identity, "params.", json_object_get(cell, "params"), across);
	if (!is_across("config", across))
		set_all(identity, "config.", json_object_get(cell, "config"), across);
	return identity;
}

static void note_workload(struct side *s, size_t i)
{
	const json_t *identity = json_array_get(s->identities, i);
	const char *name = json_string_value(json_object_get(identity, "workload")) ?: "";
	json_t *list = json_object_get(s->by_workload, name);

	if (list)
		json_array_append_new(list, json_integer((json_int_t)i));
	else
		json_object_set_new(s->by_workload, name, json_pack("[I]", (json_int_t)i));
}

static void side__init(struct side *s, const json_t *doc, const struct match_options *options)
{
	const json_t *cell;
	size_t i;

	s->cells = json_object_get(doc, "cells");
	s->nr = json_array_size(s->cells);
	s->identities = json_array();
	s->by_workload = json_object();
	s->taken = alloc__need_zeroed(s->nr + 1, sizeof(*s->taken));
	json_array_foreach(s->cells, i, cell) {
		json_array_append_new(s->identities, identity_of(cell, options->across));
		s->taken[i] = !match__is_wanted(cell, options->only);
		note_workload(s, i);
	}
}

static void side__destroy(struct side *s)
{
	json_decref(s->identities);
	json_decref(s->by_workload);
	free(s->taken);
}

static char *key_of(const struct side *s, size_t i)
{
	return json_dumps(json_array_get(s->identities, i), JSON_SORT_KEYS | JSON_COMPACT);
}

static void add_pair(json_t *result, size_t base, size_t new, json_t *remark)
{
	json_array_append_new(json_object_get(result, "pairs"),
			      json_pack("{s:I, s:I, s:o}", "base", (json_int_t)base, "new",
					(json_int_t) new, "remark", remark));
}

/*
 * Matches cells that are equal in all keys; of several equal ones the second is matched with the
 * second.
 */
static void match_equal(struct side *base, struct side *new, json_t *result)
{
	json_t *where = json_object(), *list, *index;
	char *key;

	for (size_t i = 0; i < new->nr; i++) {
		key = new->taken[i] ? NULL : key_of(new, i);
		if (!key)
			continue;
		list = json_object_get(where, key);
		if (!list) {
			list = json_array();
			json_object_set_new(where, key, list);
		}
		json_array_append_new(list, json_integer((json_int_t)i));
		free(key);
	}
	for (size_t i = 0; i < base->nr; i++) {
		key = base->taken[i] ? NULL : key_of(base, i);
		list = key ? json_object_get(where, key) : NULL;
		free(key);
		index = json_array_get(list, 0);
		if (!index)
			continue;
		base->taken[i] = new->taken[json_integer_value(index)] = true;
		add_pair(result, i, (size_t)json_integer_value(index), json_null());
		json_array_remove(list, 0);
	}
	json_decref(where);
}

/* In how many fields that both have they differ; *missing: how many only one of them has. */
static unsigned int distance(const json_t *a, const json_t *b, unsigned int *missing)
{
	unsigned int differ = 0;
	const char *name;
	json_t *value;

	*missing = 0;
	json_object_foreach((json_t *)a, name, value) {
		json_t *other = json_object_get(b, name);

		if (!other)
			(*missing)++;
		else if (!json_equal(value, other))
			differ++;
	}
	json_object_foreach((json_t *)b, name, value)
		*missing += !json_object_get(a, name);
	return differ;
}

static const json_t *identity(const struct side *s, size_t i)
{
	return json_array_get(s->identities, i);
}

/* The indices of those cells of `b` that have the workload of `a`'s cell `i`. */
static const json_t *same_workload(const struct side *a, size_t i, const struct side *b)
{
	return json_object_get(b->by_workload,
			       json_string_value(json_object_get(identity(a, i), "workload")) ?:
												"");
}

/* The only unmatched cell of `b` that contradicts `a`'s cell `i` in no field, or -1. */
static long only_candidate(const struct side *a, size_t i, const struct side *b)
{
	const json_t *like = same_workload(a, i, b), *index;
	unsigned int missing, looked_at = 0;
	long found = -1;
	size_t n, k;

	json_array_foreach(like, n, index) {
		k = (size_t)json_integer_value(index);
		if (looked_at == MAX_NEAR)
			break;
		if (b->taken[k])
			continue;
		looked_at++;
		if (distance(identity(a, i), identity(b, k), &missing))
			continue;
		if (found >= 0)
			return -1;
		found = (long)k;
	}
	return found;
}

static const char *bare(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot ? dot + 1 : name;
}

/* A text written piece by piece. */
struct text {
	FILE *stream;
	char *bytes;
	size_t len;
};

static void text__open(struct text *t)
{
	t->stream = alloc__stream(&t->bytes, &t->len);
}

static json_t *text__close(struct text *t)
{
	json_t *value;

	alloc__close_stream(t->stream);
	value = json_string(t->bytes);
	free(t->bytes);
	return value ?: json_string("");
}

/* Writes "numa_node=0, vms=1": what one has and the other lacks. */
static unsigned int put_missing(FILE *out, const json_t *a, const json_t *b, const char *before)
{
	unsigned int nr = 0;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)a, name, value)
		if (!json_object_get(b, name))
			fprintf(out, "%s%s=%s", nr++ ? ", " : before, bare(name),
				json_string_value(value));
	return nr;
}

static json_t *remark_of(const json_t *base, const json_t *new)
{
	struct text t;

	text__open(&t);
	put_missing(t.stream, new, base,
		    put_missing(t.stream, base, new, "only the base says ") ?
			    "; only the new one says " :
			    "only the new one says ");
	return text__close(&t);
}

static void match_rest(struct side *base, struct side *new, json_t *result)
{
	for (size_t i = 0; i < base->nr; i++) {
		long k = base->taken[i] ? -1 : only_candidate(base, i, new);

		if (k < 0 || only_candidate(new, (size_t)k, base) != (long)i)
			continue;
		base->taken[i] = new->taken[k] = true;
		add_pair(result, i, (size_t)k,
			 remark_of(identity(base, i), identity(new, (size_t)k)));
	}
}

/* The cell of the same workload that differs least; NULL: there is none. */
static const json_t *nearest_to(const struct side *s, size_t i, const struct side *other,
				unsigned int *least)
{
	const json_t *like = same_workload(s, i, other), *nearest = NULL;
	unsigned int missing;

	*least = ~0u;
	for (size_t n = 0; n < json_array_size(like) && n < MAX_NEAR; n++) {
		size_t k = (size_t)json_integer_value(json_array_get(like, n));
		unsigned int d;

		d = distance(identity(s, i), identity(other, k), &missing);
		if (d < *least) {
			*least = d;
			nearest = identity(other, k);
		}
	}
	return nearest;
}

/* "the other result has it with irqchip=split (here: kernel)" */
static json_t *why_alone(const struct side *s, size_t i, const struct side *other)
{
	const json_t *own = identity(s, i), *nearest, *theirs;
	unsigned int least, nr = 0;
	const char *name;
	json_t *value;
	struct text t;

	nearest = nearest_to(s, i, other, &least);
	if (!nearest)
		return json_string("the other result has no such workload");
	if (!least)
		return json_string("the other result has fewer of it, or several that it could be");
	text__open(&t);
	json_object_foreach((json_t *)own, name, value) {
		theirs = json_object_get(nearest, name);
		if (theirs && !json_equal(value, (json_t *)theirs))
			fprintf(t.stream, "%s%s=%s (here: %s)",
				nr++ ? ", " : "the other result has it with ", bare(name),
				json_string_value(theirs), json_string_value(value));
	}
	return text__close(&t);
}

static void list_rest(const struct side *s, const struct side *other, json_t *list)
{
	for (size_t i = 0; i < s->nr; i++)
		if (!s->taken[i])
			json_array_append_new(list, json_pack("{s:I, s:o}", "cell", (json_int_t)i,
							      "why", why_alone(s, i, other)));
}

/* Only the pairs. Call side__destroy() for both in any case; NULL: out of memory. */
static json_t *match_sides(struct side sides[2], const json_t *base, const json_t *new,
			   const struct match_options *options)
{
	json_t *result = json_pack("{s:[], s:[], s:[]}", "pairs", "base", "new");

	side__init(&sides[0], base, options);
	side__init(&sides[1], new, options);
	match_equal(&sides[0], &sides[1], result);
	match_rest(&sides[0], &sides[1], result);
	return result;
}

json_t *match__cells(const json_t *base, const json_t *new, const struct match_options *options)
{
	struct side sides[2] = { { NULL } };
	json_t *result = match_sides(sides, base, new, options);

	if (result) {
		list_rest(&sides[0], &sides[1], json_object_get(result, "base"));
		list_rest(&sides[1], &sides[0], json_object_get(result, "new"));
	}
	side__destroy(&sides[0]);
	side__destroy(&sides[1]);
	return result;
}

/* Adds to `keys` those in which a cell differs from the nearest one on the other side. */
static void add_keys_between(const struct side *s, size_t i, const struct side *other, json_t *keys)
{
	unsigned int least;
	const json_t *nearest = nearest_to(s, i, other, &least), *theirs;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)identity(s, i), name, value) {
		theirs = json_object_get(nearest, name);
		if (theirs && strcmp(name, "label") && !json_equal(value, (json_t *)theirs))
			json_object_set_new(keys, bare(name), json_true());
	}
}

static bool is_among(const json_t *sets, const json_t *keys)
{
	const json_t *set;
	size_t i;

	json_array_foreach(sets, i, set)
		if (json_equal((json_t *)set, (json_t *)keys))
			return true;
	return false;
}

/* Sets of keys, each an object, in which cells of the two sides differ; the last is the union. */
static json_t *candidates(const struct side *base, const struct side *new)
{
	json_t *sets = json_array(), *all = json_object(), *keys;
	unsigned int asked = 0;

	for (size_t i = 0; i < base->nr && asked < MAX_ASKED; i++) {
		if (base->taken[i])
			continue;
		asked++;
		keys = json_object();
		add_keys_between(base, i, new, keys);
		json_object_update(all, keys);
		if (json_object_size(keys) && json_array_size(sets) < MAX_TRIED &&
		    !is_among(sets, keys))
			json_array_append(sets, keys);
		json_decref(keys);
	}
	if (json_object_size(all) && !is_among(sets, all))
		json_array_append(sets, all);
	json_decref(all);
	return sets;
}

/* How many pairs there are with --across these keys, and the text for that option. */
static size_t pairs_across(const json_t *base, const json_t *new,
			   const struct match_options *options, const json_t *keys, json_t **text)
{
	const char *list[MAX_KEYS + 1] = { NULL }, *name;
	struct match_options wider = { .only = options->only, .across = list };
	struct side sides[2] = { { NULL } };
	size_t nr = 0, pairs;
	json_t *value, *matches, *longer;

	for (const char *const *old = options->across; old && *old && nr < MAX_KEYS; old++)
		list[nr++] = *old;
	json_object_foreach((json_t *)keys, name, value)
		if (nr < MAX_KEYS)
			list[nr++] = name;
	matches = match_sides(sides, base, new, &wider);
	pairs = json_array_size(json_object_get(matches, "pairs"));
	json_decref(matches);
	side__destroy(&sides[0]);
	side__destroy(&sides[1]);
	*text = json_string("");
	for (size_t i = 0; i < nr; i++) {
		longer = json_sprintf("%s%s%s", json_string_value(*text) ?: "", i ? "," : "",
				      list[i]);
		json_decref(*text);
		*text = longer;
	}
	return pairs;
}

json_t *match__across(const json_t *base, const json_t *new, const struct match_options *options,
		      size_t nr_pairs)
{
	struct side sides[2] = { { NULL } };
	json_t *matches = match_sides(sides, base, new, options), *sets, *found = json_null();
	size_t most = nr_pairs, fewest = 0, i;
	const json_t *keys;

	sets = matches ? candidates(&sides[0], &sides[1]) : NULL;
	json_array_foreach(sets, i, keys) {
		json_t *text;
		size_t pairs = pairs_across(base, new, options, keys, &text);

		/*
		 * The set with most pairs; of those that make equally many, the one with fewest
		 * keys.
		 */
		if (pairs > most || (pairs == most && fewest && json_object_size(keys) < fewest)) {
			most = pairs;
			fewest = json_object_size(keys);
			json_decref(found);
			found = json_pack("{s:O, s:I}", "keys", text, "more",
					  (json_int_t)(pairs - nr_pairs));
		}
		json_decref(text);
	}
	json_decref(sets);
	side__destroy(&sides[0]);
	side__destroy(&sides[1]);
	json_decref(matches);
	return matches ? found : NULL;
}
