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

#endif
