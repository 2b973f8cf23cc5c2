// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/host/cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/host/files.h"

/* A mounted hierarchy: where it is mounted, and which part of it. */
struct hierarchy {
	char mount[PATH_MAX], root[PATH_MAX];
};

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += len)
		if ((at == list || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

/* `controller` NULL: the v2 hierarchy. */
static bool find_hierarchy(struct hierarchy *h, const char *root, const char *controller)
{
	char *text = host_file__read(root, "/proc/self/mountinfo");
	char *save = NULL, type[32], options[256];
	bool found = false;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && !found;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *dash = strstr(line, " - ");

		if (!dash || sscanf(dash, " - %31s %*s %255s", type, options) != 2)
			continue;
		if (strcmp(type, controller ? "cgroup" : "cgroup2"))
			continue;
		if (controller && !has_word(options, controller))
			continue;
		found = sscanf(line, "%*s %*s %*s %4095s %4095s", h->root, h->mount) == 2;
	}
	free(text);
	return found;
}

/* The process's path in the hierarchy, from lines like "3:cpu,cpuacct:/path" and "0::/path". */
static bool own_path(char *path, const char *root, const char *controller)
{
	char *text = host_file__read(root, "/proc/self/cgroup");
	char *save = NULL, *names, *group;
	bool found = false;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && !found;
	     line = strtok_r(NULL, "\n", &save)) {
		names = strchr(line, ':');
		group = names ? strchr(names + 1, ':') : NULL;
		if (!group)
			continue;
		*group++ = '\0';
		names++;
		if (controller ? !has_word(names, controller) : *names != '\0')
			continue;
		found = snprintf(path, PATH_MAX, "%s", group) < PATH_MAX;
	}
	free(text);
	return found;
}

bool cgroup__own_directory(char *dir, size_t *top, const char *root, const char *controller)
{
	struct hierarchy *h = alloc__need(sizeof(*h));
	char path[PATH_MAX];
	const char *below;
	bool good = false;
	size_t cut;

	if (!find_hierarchy(h, root, controller) || !own_path(path, root, controller))
		goto out;
	cut = strcmp(h->root, "/") ? strlen(h->root) : 0;
	below = cut && strncmp(path, h->root, cut) ? "" : path + cut;
	if (!strcmp(below, "/"))
		below = "";
	*top = strlen(h->mount);
	good = *top + strlen(below) < PATH_MAX;
	if (!good)
		goto out;
	memcpy(dir, h->mount, *top + 1);
	strcat(dir, below);
out:
	free(h);
	return good;
}
