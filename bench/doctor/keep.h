/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to do on a host so that what checks advise outlives a reboot: files of sysctl.d, modprobe.d
 * and tmpfiles.d, the kernel's command line, a profile of tuned's. It is printed, never done.
 */
#ifndef HVBENCH_DOCTOR_KEEP_H
#define HVBENCH_DOCTOR_KEEP_H

#include <stdio.h>

#include "bench/base/error.h"
#include "bench/doctor/check.h"

/*
 * Writes to `out` what to do for the checks (NULL-terminated names that exist) and goals (a mask),
 * in the ways of the distribution below the root. Returns how many of the checks have a setting;
 * -errno of writing.
 */
int doctor_keep__print(const char *root, const char *const *ids, unsigned int goals, FILE *out);

#endif
