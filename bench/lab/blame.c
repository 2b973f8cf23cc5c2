// SPDX-License-Identifier: GPL-2.0-or-later
/* Which function made which exit longer; see blame.h. */
#include "bench/lab/blame.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result/doc.h"

void blame__plain_name(const char *name, char *plain, size_t len)
{
	static const char *const suffixes[] = { ".cold", ".isra",     ".constprop",  ".part",
						".llvm", ".lto_priv", ".localalias", NULL };
	size_t n = strlen(name), end = n;

	/* From the end backwards: ".NUMBER" belongs to the suffix before it. */
	for (;;) {
		const char *const *s = suffixes;
		size_t digits = end;

		while (digits && isdigit((unsigned char)name[digits - 1]))
			digits--;
		if (digits < end && digits && name[digits - 1] == '.')
			digits--;
		else
			digits = end;
		while (*s && (digits <= strlen(*s) ||
			      strncmp(name + digits - strlen(*s), *s, strlen(*s))))
			s++;
		if (!*s)
			break;
		end = digits - strlen(*s);
	}
	snprintf(plain, len, "%.*s", (int)end, name);
}

static struct blame_function *function(struct blame_exit *e, const char *name)
{
	struct blame_function *list;
	char plain[256];

	blame__plain_name(name, plain, sizeof(plain));
	for (size_t i = 0; i < e->nr; i++)
		if (!strcmp(e->list[i].name, plain))
			return &e->list[i];
	list = reallocarray(e->list, e->nr + 1, sizeof(*list));
	if (!list)
		return NULL;
	e->list = list;
	memset(&list[e->nr], 0, sizeof(*list));
	list[e->nr].name = strdup(plain);
	return list[e->nr].name ? &list[e->nr++] : NULL;
}

static int take_functions(struct blame_exit *e, const json_t *functions, bool new)
{
	const json_t *f;
	size_t i;

	json_array_foreach((json_t *)functions, i, f) {
		struct blame_function *to = function(e, doc__text(f, "name"));

		if (!to)
			return -ENOMEM;
		*(new ? &to->new : &to->base) += json_integer_value(json_object_get(f, "insn"));
		if (*doc__text(f, "file")) {
			free(to->file);
			to->file = strdup(doc__text(f, "file"));
			to->line = json_integer_value(json_object_get(f, "line"));
		}
		*(new ? &to->calls_new : &to->calls_base) +=
			json_integer_value(json_object_get(f, "calls"));
	}
	return 0;
}

static int64_t difference(const struct blame_function *f)
{
	return f->new - f->base;
}

static int64_t magnitude(int64_t n)
{
	return n < 0 ? -n : n;
}

static int by_difference(const void *a, const void *b)
{
	const struct blame_function *x = a, *y = b;
	int64_t n = magnitude(difference(x)), m = magnitude(difference(y));

	if (n != m)
		return n > m ? -1 : 1;
	if ((difference(x) < 0) != (difference(y) < 0))
		return difference(x) < 0 ? 1 : -1;
	return strcmp(x->name, y->name);
}

static int by_every(const void *a, const void *b)
{
	const struct blame_function *x = a, *y = b;
	int64_t n = magnitude(x->every), m = magnitude(y->every);

	if (n != m)
		return n > m ? -1 : 1;
	return x->every != y->every ? (x->every < 0 ? 1 : -1) : strcmp(x->name, y->name);
}

/* Why the functions of a footprint are not known; NULL: they are. The caller frees it. */
static char *why_not(const json_t *cell, const char *host)
{
	const char *reason = doc__text(cell, "reason"), *why = doc__text(cell, "footprint.why");
	char *text = NULL;
	int n;

	if (json_array_size(doc__at(cell, "footprint.functions")))
		return NULL;
	if (!json_is_object(json_object_get(cell, "footprint")))
		n = asprintf(&text, "%s: %s", host,
			     *reason ? reason : "it was measured without --footprint");
	else
		n = asprintf(&text, "%s: %s", host,
			     *why ? why :
				    "its kernel tells no symbols "
				    "(/proc/kallsyms, CONFIG_KALLSYMS)");
	return n < 0 ? NULL : text;
}

static const json_t *cell_like(const json_t *cell, const json_t *cells)
{
	const json_t *other;
	size_t i;

	json_array_foreach((json_t *)cells, i, other)
		if (!strcmp(doc__text(cell, "label"), doc__text(other, "label")) &&
		    !strcmp(doc__text(cell, "config.name"), doc__text(other, "config.name")))
			return other;
	return NULL;
}

static int compare_cells(struct blame_exit *e, const json_t *base, const json_t *new)
{
	const char *name = doc__text(base, "config.name");
	bool plain = !*name || !strcmp(name, "default");
	int code = 0;

	snprintf(e->label, sizeof(e->label), "%s%s%s%s", doc__text(base, "label"),
		 plain ? "" : " (", plain ? "" : name, plain ? "" : ")");
	e->why = new ? why_not(base, "base") ?: why_not(new, "new") : strdup("only base has it");
	if (e->why)
		return 0;
	e->touched[0] = json_object_get(base, "footprint");
	e->touched[1] = json_object_get(new, "footprint");
	e->base = json_integer_value(json_object_get(e->touched[0], "insn"));
	e->new = json_integer_value(json_object_get(e->touched[1], "insn"));
	code = take_functions(e, json_object_get(e->touched[0], "functions"), false);
	if (!code)
		code = take_functions(e, json_object_get(e->touched[1], "functions"), true);
	if (e->nr)
		qsort(e->list, e->nr, sizeof(*e->list), by_difference);
	return code;
}

/*
 * The part of a function's difference that all exits share: the least of them, if all have the same
 * sign.
 */
static int64_t common(const struct blame *b, const char *name)
{
	int64_t least = 0;

	for (size_t i = 0, seen = 0; i < b->nr; i++) {
		const struct blame_exit *e = &b->exits[i];
		int64_t diff = 0;

		if (e->why)
			continue;
		for (size_t k = 0; k < e->nr; k++)
			if (!strcmp(e->list[k].name, name))
				diff = difference(&e->list[k]);
		if (!diff || (seen && (diff < 0) != (least < 0)))
			return 0;
		if (!seen++ || magnitude(diff) < magnitude(least))
			least = diff;
	}
	return least;
}

static int find_common(struct blame *b)
{
	struct blame_exit *first = b->exits;

	while (first < b->exits + b->nr && first->why)
		first++;
	if (b->known < 2)
		return 0;
	b->every = calloc(first->nr + 1, sizeof(*b->every));
	if (!b->every)
		return -ENOMEM;
	for (size_t i = 0; i < first->nr; i++) {
		struct blame_function *to = &b->every[b->nr_every];
		const char *name = first->list[i].name;
		int64_t every = common(b, name);

		if (!every)
			continue;
		to->name = strdup(name);
		if (!to->name)
			return -ENOMEM;
		to->every = every;
		b->nr_every++;
		for (struct blame_exit *e = b->exits; e < b->exits + b->nr; e++)
			for (size_t k = 0; k < e->nr; k++)
				if (!strcmp(e->list[k].name, name))
					e->list[k].every = every;
	}
	qsort(b->every, b->nr_every, sizeof(*b->every), by_every);
	return 0;
}

int blame__init(struct blame *blame, const json_t *base, const json_t *new, struct error *err)
{
	const json_t *cells = json_object_get(base, "cells"), *cell;
	int code = 0;
	size_t i;

	memset(blame, 0, sizeof(*blame));
	blame->exits = calloc(json_array_size(cells) + 1, sizeof(*blame->exits));
	if (!blame->exits)
		return error__set(err, -ENOMEM, "out of memory");
	json_array_foreach((json_t *)cells, i, cell) {
		struct blame_exit *e = &blame->exits[blame->nr++];

		code = code  ?:
			       compare_cells(e, cell,
					     cell_like(cell, json_object_get(new, "cells")));
		blame->known += !e->why;
	}
	code = code ?: find_common(blame);
	return code ? error__set(err, code, "out of memory") : 0;
}

static void free_list(struct blame_function *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		free(list[i].name);
		free(list[i].file);
	}
	free(list);
}

void blame__free(struct blame *blame)
{
	for (size_t i = 0; i < blame->nr; i++) {
		free_list(blame->exits[i].list, blame->exits[i].nr);
		free(blame->exits[i].why);
	}
	free(blame->exits);
	free_list(blame->every, blame->nr_every);
	memset(blame, 0, sizeof(*blame));
}

json_t *blame__to_json(const struct blame *blame, const char *label)
{
	json_t *list = json_array();
	const struct blame_exit *e = blame->exits;

	while (e < blame->exits + blame->nr && strcmp(e->label, label))
		e++;
	if (e == blame->exits + blame->nr) {
		json_decref(list);
		return NULL;
	}
	for (size_t i = 0; i < e->nr; i++) {
		const struct blame_function *f = &e->list[i];

		json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "name", f->name, "base",
				      (json_int_t)f->base, "new", (json_int_t)f->new, "calls_base",
				      (json_int_t)f->calls_base, "calls_new",
				      (json_int_t)f->calls_new, "every_exit", (json_int_t)f->every);

		if (f->file) {
			json_object_set_new(o, "file", json_string(f->file));
			json_object_set_new(o, "line", json_integer(f->line));
		}
		json_array_append_new(list, o);
	}
	if (e->why) {
		json_decref(list);
		return json_pack("{s:s, s:n}", "why", e->why, "functions");
	}
	return json_pack("{s:n, s:I, s:I, s:I, s:o}", "why", "base", (json_int_t)e->base, "new",
			 (json_int_t)e->new, "difference", (json_int_t)(e->new - e->base),
			 "functions", list);
}
