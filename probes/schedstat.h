/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run-queue delay of one thread by /proc/PID/task/TID/schedstat (Documentation/scheduler/sched-stats.rst):
 * what a KVM guest's steal time is made of, for anyone to read.
 */
#ifndef HVBENCH_SCHEDSTAT_H
#define HVBENCH_SCHEDSTAT_H

#include <stdint.h>
#include <sys/types.h>

/* Since the thread was started, in ns, of a thread of this process. -ENOENT: gone, or a kernel without. */
int schedstat__run_delay(pid_t tid, uint64_t *ns);

#endif
