/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where this process stands among the control groups. */
#ifndef HVBENCH_HOST_CGROUP_H
#define HVBENCH_HOST_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The directory of the process's own group, in the hierarchy of v1 that has the controller or, if
 * that is NULL, in that of v2; `dir` has PATH_MAX bytes. *top: the length of the part where the
 * hierarchy is mounted; the directory does not reach above it. Files are read below `root`, which
 * is not in `dir`. Inside a container /proc/self/cgroup may name a path of the host that is not
 * mounted here; then it is the mount's root, which is the container's group. False: there is no
 * such hierarchy. Kernel documentation: cgroup-v1, cgroup-v2.rst.
 */
bool cgroup__own_directory(char *dir, size_t *top, const char *root, const char *controller);

#endif
