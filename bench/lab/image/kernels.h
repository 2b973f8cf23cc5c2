/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the archive's kernels a name stands for. A name is a series ("6.12": the newest of it), a
 * version ("6.12.107", "6.12.107-1~deb12u1") or an ABI name, as `uname -r` and the packages have it
 * ("6.1.0-50", "6.12.43+deb12", "6.12.43+deb12-cloud-amd64"); of the cloud flavour unless it begins with
 * "generic-" or ends with "-amd64" alone.
 */
#ifndef HVBENCH_LAB_KERNELS_H
#define HVBENCH_LAB_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/base/error.h"

struct apt_package {
	char name[128];
	char version[96];
};

struct kernel_name {
	bool cloud;
	char version[72];	/* without flavour and package prefix; may be a release's name */
};

struct kernel_image {
	struct apt_package package;
	const char *release;	/* the caller's */
	char abi[96];		/* "6.12.43+deb12" */
	bool cloud, is_signed;
	char lacks[128];	/* a package of it that the archive has no more; "": it is whole */
};

struct kernel_list {
	struct kernel_image *images;
	size_t nr;
};

/* -EINVAL: it has characters or a length that no kernel's name has. */
int kernel_name__parse(struct kernel_name *name, const char *text, struct error *err);

/* Whether a package is a kernel's image, of a flavour that the lab can take. */
bool kernel_list__is_image(const char *package);
/*
 * Adds the images of a text as `apt-cache show` prints it. Newer kernels are an image that depends on
 * packages with the kernel and its modules, of which an archive drops some sooner than others: `names`
 * are all packages of the archive that begin with "linux-", a line each.
 */
int kernel_list__add(struct kernel_list *list, const char *release, const char *stanzas,
		     const char *names, struct error *err);
/*
 * Calls `each` for every package of a Depends field (which ends with its line) that a kernel's parts are in;
 * ends early when that is not 0, and returns it.
 */
int kernel_parts__each(const char *depends, int (*each)(void *data, const char *package), void *data);
void kernel_list__free(struct kernel_list *list);
/*
 * What is named exactly comes before what only begins so, the archive's signed packages before
 * unsigned ones, then the newest; only what is whole. NULL: the list has none.
 */
const struct kernel_image *kernel_list__choose(const struct kernel_list *list,
					       const struct kernel_name *name);
/*
 * For a message: what is missing of a kernel that matches, the next older and newer versions there are,
 * and the other flavour if it has it.
 */
void kernel_list__nearest(const struct kernel_list *list, const struct kernel_name *name, char *text,
			  size_t len);

/* As dpkg orders versions: <0, 0, >0. Epochs, which no kernel has, are not understood. */
int deb_version__compare(const char *a, const char *b);

#endif
