// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What control groups allow this process: in a container, "128 CPUs" may mean one and a half.
 *
 * The limits of all ancestors apply, so the walk goes from the process's own group up to the
 * mount's root.
 */
#include "bench/host/limits.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/host/cgroup.h"
#include "bench/host/files.h"

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

	if (!cgroup__own_directory(dir, &top, root, controller))
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
