/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel of an emulated Linux host: from one of Debian's packages, or a file. */
#ifndef HVBENCH_LAB_KERNEL_H
#define HVBENCH_LAB_KERNEL_H

#include "bench/lab/lab.h"

/*
 * Finds kernel and modules as requested, else the lane's own; stores them in run->kernel and
 * run->version. trees->nr is 0 for files. A file that is not a kernel sets run->host_failed.
 */
int lab__kernel(struct lab_run *run, struct tree_set *trees, struct error *err);
/* The version that a Linux image for x86 says it is; "": it is none. */
void kernel__version(const char *path, char *version, size_t len);

#endif
