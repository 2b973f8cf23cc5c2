/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One exit of a lane with QEMU, from QEMU's own log of each instruction it executes: the way that
 * needs no plugin. Slower than footprint.h, and of one exit only.
 */
#ifndef HVBENCH_LAB_TRACE_LOG_H
#define HVBENCH_LAB_TRACE_LOG_H

#include "bench/commands/lab_common.h"
#include "bench/lab/trace.h"

struct trace_run {
	struct trace trace;
	struct symbols symbols; /* the trace's names point into them */
	struct lab_outcome out;
};

/*
 * Traces one exit of `workload` (NAME[:PARAM=VALUE…]) in cmd->lane. On failure the message is in
 * cmd->err. Call trace_run__free() in either case. -ENODATA: it does not exit here.
 */
int trace_run__do(struct trace_run *run, struct lab_command *cmd, const char *workload);
void trace_run__free(struct trace_run *run);

#endif
