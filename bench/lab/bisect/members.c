// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of hosts to search in; see members.h. */
#include "bench/lab/bisect/members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/clean_text.h"

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

int members__add(struct members *members, const char *id, const char *title, const char *kernel,
		 const char *modules, struct error *err)
{
	struct member *list = reallocarray(members->list, members->nr + 1, sizeof(*list)), *m;
	char clean[512] = "";

	if (!list)
		return error__set(err, -ENOMEM, "out of memory");
	members->list = list;
	m = &list[members->nr++];
	/* Anybody may have written the subject of a commit. */
	if (title)
		clean_text(clean, sizeof(clean), title, strlen(title));
	*m = (struct member){ strdup(id), strdup(clean), copy(kernel), copy(modules) };
	if (!m->id || !m->title || (kernel && !m->kernel) || (modules && !m->modules))
		return error__set(err, -ENOMEM, "out of memory");
	return 0;
}

static void free_member(struct member *m)
{
	free(m->id);
	free(m->title);
	free(m->kernel);
	free(m->modules);
}

void members__free(struct members *members)
{
	for (size_t i = 0; i < members->nr; i++)
		free_member(&members->list[i]);
	free(members->list);
	memset(members, 0, sizeof(*members));
}

size_t members__find(const struct members *members, const char *id)
{
	size_t i = 0;

	while (i < members->nr && strcmp(members->list[i].id, id))
		i++;
	return i;
}

int members__cut(struct members *members, size_t from, size_t to, struct error *err)
{
	size_t nr = to - from + 1;

	if (from >= to)
		return error__set(err, -EINVAL, "%s is not before %s", members->list[from].id,
				  members->list[to].id);
	for (size_t i = 0; i < members->nr; i++)
		if (i < from || i > to)
			free_member(&members->list[i]);
	memmove(members->list, members->list + from, nr * sizeof(*members->list));
	members->nr = nr;
	return 0;
}
