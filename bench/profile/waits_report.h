/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who had the CPU while vCPUs waited for it: as a table, for rows, and as part of a document. */
#ifndef HVBENCH_PROFILE_WAITS_REPORT_H
#define HVBENCH_PROFILE_WAITS_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "bench/profile/session.h"
#include "reports/formats/report.h"

/* The table, with its sum below. -ENOMEM. */
int waits_report__table(const struct profile *p, FILE *out, const struct renderer *format,
			bool color);
/* The last interval in brief, on one line. */
void waits_report__interval(const struct profile *p, FILE *out);
/*
 * Each that the VM of the process waited for, as it is called in the table, who had most first; of
 * the last interval, or of all (max_ns is always of all). -ENOMEM.
 */
typedef void (*waits_visit)(const char *who, uint64_t turns, uint64_t ns, uint64_t max_ns,
			    void *ctx);
int waits_report__each(const struct profile *p, pid_t pid, bool interval, waits_visit visit,
		       void *ctx);
/* The object "waited" of the VM of that process. NULL: out of memory. */
json_t *waits_report__object(const struct profile *p, pid_t pid);

#endif
