// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of commands: finds a command, and lists them. */
#include "bench/cli/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/nearest.h"
#include "bench/base/units.h"

#define MAX_COMMANDS 64

static int by_name(const void *a, const void *b)
{
	const struct command *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

const struct command **commands__sorted(void)
{
	size_t nr = (size_t)(__stop_command_table - __start_command_table);
	const struct command **list = alloc__need_zeroed(nr + 1, sizeof(*list));

	memcpy(list, __start_command_table, nr * sizeof(*list));
	qsort(list, nr, sizeof(*list), by_name);
	return list;
}

static const struct command *find_in(const struct command *const *list, const char *group,
				     const char *name, struct error *err)
{
	const char *names[MAX_COMMANDS + 1];
	char hint[NEAREST_ROOM];
	size_t nr = 0;

	for (; list[nr]; nr++) {
		if (!strcmp(list[nr]->name, name))
			return list[nr];
		if (nr < MAX_COMMANDS)
			names[nr] = list[nr]->name;
	}
	names[nr < MAX_COMMANDS ? nr : MAX_COMMANDS] = NULL;
	error__set(err, -ENOENT, "unknown command '%s%s%s'%s", group, *group ? " " : "", name,
		   nearest__hint(hint, sizeof(hint), name, names, "", ""));
	return NULL;
}

const struct command *commands__find(int argc, char **argv, int *depth, struct error *err)
{
	const struct command **all = commands__sorted();
	const struct command *const *list = all;
	const struct command *found = NULL, *next;
	const char *group = "";
	int words = 0;

	*depth = 0;
	while (list && words < argc && argv[words][0] != '-') {
		next = find_in(list, group, argv[words], err);
		if (!next) {
			*depth = words;
			free(all);
			return NULL;
		}
		found = next;
		group = found->name;
		list = found->sub;
		words++;
	}
	free(all);
	*depth = words;
	return found;
}

void commands__print_list(const struct command *group, FILE *out)
{
	const struct command **all = group ? NULL : commands__sorted();
	const struct command *const *list = group ? group->sub : all;
	int longest = 0;

	for (size_t i = 0; list && list[i]; i++) {
		int len = (int)strlen(list[i]->name);

		if (len > longest)
			longest = len;
	}
	fputs("Commands:\n", out);
	for (size_t i = 0; list && list[i]; i++)
		fprintf(out, "  %-*s  %s\n", longest, list[i]->name, list[i]->usage->what);
	free(all);
}
