// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel images in a directory, in order; see images.h. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/lab/bisect/images.h"
#include "bench/lab/fs.h"
#include "bench/lab/image/kernels.h"
#include "bench/lab/kernel.h"

static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* Where the modules of an image that stands by itself are; false: nowhere. */
static bool find_modules(const char *dir, const char *version, char *path, size_t len)
{
	static const char *const below[] = { "", "modules/", "lib/modules/", "../lib/modules/" };

	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		fs__format(path, len, "%s/%s%s", dir, below[i], version);
		if (is_dir(path))
			return true;
	}
	return false;
}

/* Entries that are no kernels are none of ours. */
static int add_entry(struct members *members, const char *dir, const char *name, struct error *err)
{
	char path[LAB_PATH], kernel[LAB_PATH], modules[LAB_PATH], version[128];
	char resolved[PATH_MAX];
	bool tree, have_modules = true;

	fs__path(kernel, "%s/%s", dir, name);
	/* It may be a link to a directory, of which nothing else would look behind. */
	if (!realpath(kernel, resolved) || strlen(resolved) >= sizeof(path))
		return 0;
	fs__path(path, "%s", resolved);
	tree = is_dir(path);
	if (!tree)
		fs__path(kernel, "%s", path);
	else if (!fs__find(path, "bzImage*", kernel, sizeof(kernel)) &&
		 !fs__find(path, "vmlinuz*", kernel, sizeof(kernel)))
		return 0;
	if (fs__check_file(kernel, "the kernel", NULL))
		return 0;
	kernel__version(kernel, version, sizeof(version));
	if (!version[0])
		return 0;
	if (tree)
		fs__path(modules, "%s", path);
	else
		have_modules = find_modules(dir, version, modules, sizeof(modules));
	return members__add(members, name, version, kernel, have_modules ? modules : NULL, err);
}

/* As dpkg orders them, with a release candidate before its release. */
static int by_version(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	char versions[2][128], *rc;
	int diff;

	snprintf(versions[0], sizeof(versions[0]), "%s", x->title);
	snprintf(versions[1], sizeof(versions[1]), "%s", y->title);
	for (int i = 0; i < 2; i++) {
		rc = strstr(versions[i], "-rc");
		if (rc)
			*rc = '~';
	}
	diff = deb_version__compare(versions[0], versions[1]);
	return diff ?: deb_version__compare(x->id, y->id);
}

static size_t find(const struct members *members, const char *name)
{
	size_t i = members__find(members, name);

	for (size_t k = 0; i == members->nr && k < members->nr; k++)
		if (!strcmp(members->list[k].title, name) || !strcmp(members->list[k].kernel, name))
			return k;
	return i;
}

static int no_image(const struct members *members, const char *dir, const char *name,
		    struct error *err)
{
	error__set(err, -ENOENT, "%s has no kernel '%s'; in order it has", dir, name);
	for (size_t i = 0; i < members->nr && i < 12; i++)
		error__append(err, "%s %s", i ? "," : "", members->list[i].id);
	return members->nr > 12 ? error__append(err, " and %zu more", members->nr - 12) : -ENOENT;
}

int members__images(struct members *members, const char *dir, const char *good, const char *bad,
		    struct error *err)
{
	struct dirent **names;
	size_t from = 0, to;
	int nr, code = 0;

	nr = scandir(dir, &names, NULL, alphasort);
	if (nr < 0)
		return error__set(err, -errno, "cannot read the directory of images %s: %s", dir,
				  strerror(errno));
	for (int i = 0; i < nr; i++) {
		if (!code && names[i]->d_name[0] != '.')
			code = add_entry(members, dir, names[i]->d_name, err);
		free(names[i]);
	}
	free(names);
	if (code)
		return code;
	if (members->nr < 2)
		return error__set(err, -ENOENT,
				  "%s has %s: nothing to search in (files vmlinuz* or bzImage*, or "
				  "directories with one and its modules)",
				  dir, members->nr ? "one kernel" : "no kernels");
	qsort(members->list, members->nr, sizeof(*members->list), by_version);
	if (good)
		from = find(members, good);
	to = bad ? find(members, bad) : members->nr - 1;
	if (from == members->nr || to == members->nr)
		return no_image(members, dir, from == members->nr ? good : bad, err);
	return members__cut(members, from, to, err);
}
