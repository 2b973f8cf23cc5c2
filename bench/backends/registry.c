// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/backends/registry.h"

#include <stdio.h>
#include <string.h>

#define MAX_BACKENDS 16 /* listed in a message */

extern const struct backend *const __start_backend_table[];
extern const struct backend *const __stop_backend_table[];

static bool is_behind(const struct backend *b, const struct backend *a)
{
	return b->rank != a->rank ? b->rank > a->rank : strcmp(b->name, a->name) > 0;
}

const struct backend *backend__after(const struct backend *backend)
{
	const struct backend *next = NULL;

	for (const struct backend *const *b = __start_backend_table; b < __stop_backend_table; b++)
		if ((!backend || is_behind(*b, backend)) && (!next || is_behind(next, *b)))
			next = *b;
	return next;
}

const struct backend *backend__find(const char *name)
{
	for_each_backend(b)
		if (!strcmp(b->name, name))
			return b;
	return NULL;
}

int backend__supports(const struct backend *backend, const struct cell *cell, struct error *err)
{
	struct honourer others[MAX_BACKENDS + 1] = { { NULL, NULL } };
	size_t nr = 0;
	char who[64];
	int ret;

	for_each_backend(b)
		if (b != backend && nr < MAX_BACKENDS)
			others[nr++] = (struct honourer){ b->name, &b->honours };
	snprintf(who, sizeof(who), "backend %s", backend->name);
	ret = honours__check(&backend->honours, cell, who, others, err);
	return ret ? ret : backend->supports(cell, err);
}
