// SPDX-License-Identifier: GPL-2.0-or-later
/* Debian's kernels from one version to another; see debian.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/bisect/debian.h"
#include "bench/lab/image/kernels.h"

#define PREFIX "debian:"

static int by_version(const void *a, const void *b)
{
	const struct kernel_image *x = a, *y = b;

	return deb_version__compare(x->package.version, y->package.version) ?:
		       (int)y->is_signed - (int)x->is_signed;
}

/* A name may stand for the newest of a series; what it stands for is fetched. */
static int resolve(struct cache *cache, const char *name, char version[96], struct error *err)
{
	struct tree_set trees;
	int code = cache__kernel(cache, name, &trees, err);

	if (!code)
		snprintf(version, 96, "%s", trees.version);
	return code;
}

/* The same source built for another release, by its compiler: another path. */
static bool is_rebuild(const char *version)
{
	return strstr(version, "~deb") || strstr(version, "~bpo");
}

static int add_between(struct members *members, struct kernel_list *list, bool cloud,
		       const char *from, const char *to, struct error *err)
{
	bool rebuilds = is_rebuild(from) || is_rebuild(to);
	char kernel[160];
	int code = 0;

	qsort(list->images, list->nr, sizeof(*list->images), by_version);
	for (size_t i = 0; i < list->nr && !code; i++) {
		const struct kernel_image *image = &list->images[i];
		const char *version = image->package.version;

		if (image->cloud != cloud || image->lacks[0] ||
		    (is_rebuild(version) && !rebuilds) ||
		    deb_version__compare(version, from) <= 0 ||
		    deb_version__compare(version, to) >= 0 ||
		    members__find(members, version) < members->nr)
			continue;
		snprintf(kernel, sizeof(kernel), PREFIX "%s%s", cloud ? "" : "generic-", version);
		code = members__add(members, version, image->release, kernel, NULL, err);
	}
	return code;
}

int members__debian(struct members *members, struct cache *cache, const char *good, const char *bad,
		    struct error *err)
{
	struct kernel_list list = { 0 };
	struct kernel_name name;
	char from[96], to[96];
	int code = kernel_name__parse(&name, good + strlen(PREFIX), err);

	if (!code)
		code = resolve(cache, good + strlen(PREFIX), from, err);
	if (!code)
		code = resolve(cache, bad + strlen(PREFIX), to, err);
	if (!code && deb_version__compare(from, to) >= 0)
		code = error__set(err, -EINVAL, "%s (%s) is not older than %s (%s)", good, from,
				  bad, to);
	if (!code)
		code = cache__kernels(cache, &list, err);
	/* The ends by themselves: the archive may have dropped what the cache still has. */
	if (!code)
		code = members__add(members, from, "", good, NULL, err);
	if (!code)
		code = add_between(members, &list, name.cloud, from, to, err);
	if (!code)
		code = members__add(members, to, "", bad, NULL, err);
	kernel_list__free(&list);
	return code;
}
