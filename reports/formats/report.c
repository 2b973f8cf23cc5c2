// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of renderers, which the linker makes. */
#include "reports/formats/report.h"

#include <string.h>

extern const struct renderer *const __start_renderer_table[];
extern const struct renderer *const __stop_renderer_table[];

static bool is_before(const struct renderer *a, const struct renderer *b)
{
	return a->order != b->order ? a->order < b->order : strcmp(a->name, b->name) < 0;
}

const struct renderer *renderer__after(const struct renderer *last, unsigned int what)
{
	const struct renderer *next = NULL;

	for (const struct renderer *const *r = __start_renderer_table; r < __stop_renderer_table;
	     r++)
		if (((*r)->shows & what) && (!last || is_before(last, *r)) &&
		    (!next || is_before(*r, next)))
			next = *r;
	return next;
}

const struct renderer *renderer__find(const char *name, unsigned int what)
{
	for_each_renderer(r, what) if (!strcmp(r->name, name)) return r;
	return NULL;
}

/* Whether `ending` is one of the words of `list`. */
static bool has_ending(const char *list, const char *ending)
{
	size_t len = strlen(ending);

	for (const char *at = list; at && *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n == len && !strncasecmp(at, ending, n))
			return true;
		at += n;
	}
	return false;
}

const struct renderer *renderer__of_file(const char *path)
{
	const char *slash = strrchr(path, '/'), *dot = strchr(slash ? slash : path, '.');

	/* The longest first: ".pb.gz". */
	for (; dot; dot = strchr(dot + 1, '.'))
		for_each_renderer(r, ~0u) if (has_ending(r->endings, dot)) return r;
	return NULL;
}

char *renderer__names(unsigned int what, char *buf, size_t len)
{
	size_t n = 0;

	buf[0] = '\0';
	for_each_renderer(r, what)
	{
		const char *between = !n ? "" : renderer__after(r, what) ? ", " : " or ";

		if (n < len)
			n += (size_t)snprintf(buf + n, len - n, "%s%s", between, r->name);
	}
	return buf;
}
