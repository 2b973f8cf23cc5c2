// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What control groups allow this process: in a container, "128 CPUs" may mean one and a half.
 *
 * The limits of all ancestors apply, so the walk goes from the process's own group up to the
 * mount's root. Inside a container /proc/self/cgroup may name a path of the host that is not
 * mounted here; then the walk only finds the mount's root, which is the container's group. Kernel
 * documentation: cgroup-v1, cgroup-v2.rst.
 */
#include "bench/host/limits.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/*
 * Stores the group's directory in `dir`, and in `top` the length of the part that the walk ends at.
 */
static bool own_directory(char *dir, size_t *top, const char *root, const char *controller)
{
	struct hierarchy *h = malloc(sizeof(*h));
	char path[PATH_MAX];
	const char *below;
	bool good = false;
	size_t cut;

	if (!h || !find_hierarchy(h, root, controller) || !own_path(path, root, controller))
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

static void take_cpus(struct host_limits *limits, double quota, double period)
{
	double cpus = period > 0 && quota > 0 ? quota / period : 0;

	if (cpus > 0 && (limits->cpus == 0 || cpus < limits->cpus))
		limits->cpus = cpus;
}

static void take_memory(struct host_limits *limits, int64_t limit, int64_t used)
{
	int64_t left = limit <= used ? 0 : used > 0 ? limit - used : limit;

	if (limits->memory_bytes < 0 || limit < limits->memory_bytes)
		limits->memory_bytes = limit;
	if (limits->memory_free_bytes < 0 || left < limits->memory_free_bytes)
		limits->memory_free_bytes = left;
}

/*
 * Bytes of file pages, from the group's memory.stat: the kernel reclaims those before it kills a
 * process.
 */
static int64_t reclaimable(const char *root, const char *dir, const char *prefix)
{
	static const char *const kinds[] = { "inactive_file", "active_file" };
	char *text = host_file__read(root, "%s/memory.stat", dir);
	int64_t bytes = 0, one;
	char key[32];

	for (size_t i = 0; text && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *at = text;
		size_t len = (size_t)snprintf(key, sizeof(key), "%s%s ", prefix, kinds[i]);

		/* Only whole names: "active_file" is in "inactive_file" too. */
		while ((at = strstr(at, key)) && at != text && at[-1] != '\n')
			at += len;
		if (at && sscanf(at + len, "%" SCNd64, &one) == 1 && one > 0 &&
		    one <= INT64_MAX - bytes)
			bytes += one;
	}
	free(text);
	return bytes;
}

/* Takes what a group's directory says. */
typedef void limits_look(void *arg, const char *root, const char *dir);

static void read_v2(void *arg, const char *root, const char *dir)
{
	struct host_limits *limits = arg;
	char *text = host_file__read(root, "%s/cpu.max", dir);
	double quota, period;
	int64_t limit, used;

	if (text && sscanf(text, "%lf %lf", &quota, &period) == 2)
		take_cpus(limits, quota, period);
	free(text);
	if (host_file__number(&limit, root, "%s/memory.max", dir) &&
	    host_file__number(&used, root, "%s/memory.current", dir))
		take_memory(limits, limit, used - reclaimable(root, dir, ""));
	if (!limits->cpuset)
		limits->cpuset = host_file__read(root, "%s/cpuset.cpus.effective", dir);
}

/* cgroup v1 says "unlimited" by LONG_MAX rounded down to a page. */
#define V1_UNLIMITED (INT64_MAX - (1 << 20))

static void read_v1(void *arg, const char *root, const char *dir)
{
	struct host_limits *limits = arg;
	int64_t quota, period, limit, used;

	if (host_file__number(&quota, root, "%s/cpu.cfs_quota_us", dir) &&
	    host_file__number(&period, root, "%s/cpu.cfs_period_us", dir))
		take_cpus(limits, quota, period);
	if (host_file__number(&limit, root, "%s/memory.limit_in_bytes", dir) &&
	    host_file__number(&used, root, "%s/memory.usage_in_bytes", dir) && limit < V1_UNLIMITED)
		take_memory(limits, limit, used - reclaimable(root, dir, "total_"));
	if (!limits->cpuset)
		limits->cpuset = host_file__read(root, "%s/cpuset.effective_cpus", dir) ?:
					 host_file__read(root, "%s/cpuset.cpus", dir);
}

/* Looks at the own group and all its ancestors; false: there is no such hierarchy. */
static bool walk(limits_look *look, void *arg, const char *root, const char *controller)
{
	char dir[PATH_MAX];
	size_t top;
	char *slash;

	if (!own_directory(dir, &top, root, controller))
		return false;
	while (true) {
		look(arg, root, dir);
		slash = strlen(dir) > top ? strrchr(dir + top, '/') : NULL;
		if (!slash)
			return true;
		*slash = '\0';
	}
}

void host_limits__read(struct host_limits *limits, const char *root)
{
	static const char *const controllers[] = { "cpu", "memory", "cpuset" };

	*limits = (struct host_limits){ .memory_bytes = -1, .memory_free_bytes = -1 };
	if (walk(read_v2, limits, root, NULL))
		limits->version = "v2";
	/* Both kinds may be mounted at once; a controller is in one of them only. */
	for (size_t i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++)
		if (walk(read_v1, limits, root, controllers[i]))
			limits->version = "v1";
}

struct hugetlb_search {
	struct hugetlb_limit *limit;
	const char *limit_name, *used_name;
	char prefix[32]; /* "hugetlb.2MB." */
};

static void look_at_hugetlb(void *arg, const char *root, const char *dir)
{
	const struct hugetlb_search *search = arg;
	struct hugetlb_limit *limit = search->limit;
	int64_t most, used = 0, left;

	if (!host_file__number(&most, root, "%s/%s%s", dir, search->prefix, search->limit_name) ||
	    most < 0 || most >= V1_UNLIMITED)
		return;
	host_file__number(&used, root, "%s/%s%s", dir, search->prefix, search->used_name);
	left = used < 0 ? most : most <= used ? 0 : most - used;
	if (limit->left_bytes >= 0 && limit->left_bytes <= left)
		return;
	limit->left_bytes = left;
	snprintf(limit->file, sizeof(limit->file), "%s/%s%s", dir, search->prefix,
		 search->limit_name);
}

void host_limits__hugetlb(struct hugetlb_limit *limit, const char *root, uint64_t page_bytes,
			  bool reserving)
{
	bool giga = page_bytes >= 1ull << 30;
	struct hugetlb_search v1 = {
		.limit = limit,
		.limit_name = reserving ? "rsvd.limit_in_bytes" : "limit_in_bytes",
		.used_name = reserving ? "rsvd.usage_in_bytes" : "usage_in_bytes",
	};
	struct hugetlb_search v2;

	*limit = (struct hugetlb_limit){ .left_bytes = -1 };
	snprintf(v1.prefix, sizeof(v1.prefix), "hugetlb.%" PRIu64 "%s.",
		 page_bytes >> (giga ? 30 : 20), giga ? "GB" : "MB");
	v2 = v1;
	v2.limit_name = reserving ? "rsvd.max" : "max";
	v2.used_name = reserving ? "rsvd.current" : "current";
	walk(look_at_hugetlb, &v2, root, NULL);
	walk(look_at_hugetlb, &v1, root, "hugetlb");
}
