/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hvbench lab trace --base HOST --new HOST: which functions changed, exit by exit. */
#ifndef HVBENCH_LAB_TRACE_DIFF_H
#define HVBENCH_LAB_TRACE_DIFF_H

#include "bench/commands/lab_compared_hosts.h"

/*
 * Measures both hosts, and reports as the options say; sets cmd->status, and prints why if it
 * failed.
 */
void trace_diff__run(struct lab_command *cmd, struct lab_side sides[2]);

#endif
