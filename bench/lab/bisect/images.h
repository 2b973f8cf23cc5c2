/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel images in a directory, for `hvbench lab bisect`. */
#ifndef HVBENCH_BISECT_IMAGES_H
#define HVBENCH_BISECT_IMAGES_H

#include "bench/lab/bisect/members.h"

/*
 * In the order of their versions, then of their names: files whose modules are in a directory
 * VERSION, modules/VERSION or lib/modules/VERSION here or in the directory above, and directories
 * that hold an image and its modules (as a package unpacked). `good` and `bad` are names or
 * versions of theirs; NULL: the first and the last. -ENOENT.
 */
int members__images(struct members *members, const char *dir, const char *good, const char *bad,
		    struct error *err);

#endif
