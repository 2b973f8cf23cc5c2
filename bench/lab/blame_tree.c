// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/lab/blame_tree.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/lab/blame.h"

/* A function as called on one way; 0 in parent, child and next: none, since the root is 0. */
struct node {
	char *name;
	size_t parent, child, next;
	json_int_t insn[2], calls[2];
};

struct merged {
	struct node *nodes;
	size_t nr;
};

static size_t child_of(struct merged *m, size_t parent, const char *name)
{
	size_t at = m->nodes[parent].child, last = 0;

	for (; at; last = at, at = m->nodes[at].next)
		if (!strcmp(m->nodes[at].name, name))
			return at;
	at = m->nr++;
	m->nodes[at].name = alloc__text(name);
	m->nodes[at].parent = parent;
	*(last ? &m->nodes[last].next : &m->nodes[parent].child) = at;
	return at;
}

static bool take(struct merged *m, const json_t *tree, int host)
{
	size_t nr = json_array_size(tree), i;
	size_t *places = alloc__need_zeroed(nr + 1, sizeof(*places));
	const json_t *from;
	bool ok = nr > 0;

	json_array_foreach((json_t *)tree, i, from) {
		const json_t *parent = json_object_get(from, "parent");
		json_int_t at = json_integer_value(parent);
		const char *name = json_string_value(json_object_get(from, "function"));
		char plain[256];

		ok = name && json_is_integer(parent) == (i > 0) && at >= 0 &&
		     (!i || (size_t)at < i);
		if (!ok)
			break;
		blame__plain_name(name, plain, sizeof(plain));
		if (i) {
			places[i] = child_of(m, places[at], plain);
		} else if (!m->nr) {
			m->nodes[0].name = alloc__text(plain);
			m->nr = 1;
		}
		m->nodes[places[i]].insn[host] += json_integer_value(json_object_get(from, "self"));
		m->nodes[places[i]].calls[host] +=
			json_integer_value(json_object_get(from, "calls"));
	}
	free(places);
	return ok;
}

static json_t *to_json(const struct merged *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->nr; i++) {
		const struct node *n = &m->nodes[i];

		json_array_append_new(
			list,
			json_pack("{s:s, s:o, s:I, s:I, s:I, s:I}", "function", n->name, "parent",
				  i ? json_integer((json_int_t)n->parent) : json_null(), "base",
				  n->insn[0], "new", n->insn[1], "calls_base", n->calls[0],
				  "calls_new", n->calls[1]));
	}
	return list;
}

json_t *blame_tree__merge(const json_t *base, const json_t *new)
{
	size_t most = json_array_size(base) + json_array_size(new) + 1;
	struct merged m = { .nodes = alloc__need_zeroed(most, sizeof(*m.nodes)) };
	json_t *list = NULL;

	if (take(&m, base, 0) && take(&m, new, 1))
		list = to_json(&m);
	for (size_t i = 0; i < m.nr; i++)
		free(m.nodes[i].name);
	free(m.nodes);
	return list;
}
