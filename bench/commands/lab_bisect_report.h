/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hvbench lab bisect found, for people and as a document. */
#ifndef HVBENCH_LAB_BISECT_REPORT_H
#define HVBENCH_LAB_BISECT_REPORT_H

#include "bench/commands/lab_bisect_known.h"

/* To -o and to standard output; sets cmd->status. -errno with cmd->err set. */
int bisect__report(struct bisect *b);

#endif
