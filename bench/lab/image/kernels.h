/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the archive's kernels a name stands for. A name is a series ("6.12": the newest kernel
 * of it), a version ("6.12.107", "6.12.107-1~deb12u1") or an ABI name, as in `uname -r` and in
 * package names ("6.1.0-50", "6.12.43+deb12", "6.12.43+deb12-cloud-amd64"). The flavour is cloud,
 * unless the name begins with "generic-" or ends with just "-amd64".
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
	char version[72]; /* without flavour and package prefix; may be the name of a
				 * release */
};

struct kernel_image {
	struct apt_package package;
	const char *release; /* belongs to the caller */
	char abi[96];	     /* "6.12.43+deb12" */
	bool cloud, is_signed;
	char lacks[128]; /* a package of it that the archive no longer has; "": it is
				 * complete */
};

struct kernel_list {
	struct kernel_image *images;
	size_t nr;
};

/* -EINVAL: characters or a length that no kernel's name has. */
int kernel_name__parse(struct kernel_name *name, const char *text, struct error *err);

/* Whether a package is the image of a kernel whose flavour the lab can use. */
bool kernel_list__is_image(const char *package);
/*
 * Adds the images in a text as printed by `apt-cache show`. The image packages of newer kernels
 * depend on packages with the kernel and its modules, some of which an archive may drop earlier
 * than others: `names` are all packages of the archive that begin with "linux-", one on a line.
 */
int kernel_list__add(struct kernel_list *list, const char *release, const char *stanzas,
		     const char *names, struct error *err);
/*
 * Calls `each` for every package in a Depends field (up to the end of its line) that holds parts of
 * a kernel; ends early if that returns non-zero, and returns it.
 */
int kernel_parts__each(const char *depends, int (*each)(void *data, const char *package),
		       void *data);
void kernel_list__free(struct kernel_list *list);
/*
 * Chooses exact matches before names that only begin alike, signed packages before unsigned ones,
 * then the newest; only complete kernels. NULL: there is none.
 */
const struct kernel_image *kernel_list__choose(const struct kernel_list *list,
					       const struct kernel_name *name);
/*
 * For a message: what is missing of a kernel that matches, the next older and newer versions that
 * exist, and the other flavour if there is one.
 */
void kernel_list__nearest(const struct kernel_list *list, const struct kernel_name *name,
			  char *text, size_t len);

/* Orders versions as dpkg does: <0, 0, >0. Epochs are not supported; no kernel has one. */
int deb_version__compare(const char *a, const char *b);

#endif
