/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel of an emulated Linux host: a package of Debian's, or a file.
 */
#ifndef HVBENCH_LAB_KERNEL_H
#define HVBENCH_LAB_KERNEL_H

#include "bench/lab/lab.h"

/*
 * Kernel and modules of the request, else the lane's own, into run->kernel and run->version; trees->nr 0 for
 * files. A file that is none sets run->host_failed.
 */
int lab__kernel(struct lab_run *run, struct tree_set *trees, struct error *err);

#endif
