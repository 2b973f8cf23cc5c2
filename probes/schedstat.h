/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The run-queue delay of a thread, from /proc/PID/task/TID/schedstat
 * (Documentation/scheduler/sched-stats.rst): what the steal time of a KVM guest consists of. Needs
 * no privilege.
 */
#ifndef HVBENCH_SCHEDSTAT_H
#define HVBENCH_SCHEDSTAT_H

#include <stdint.h>
#include <sys/types.h>

/*
 * For a thread of this process: ns since it started. -ENOENT: it has ended, or the kernel does not
 * have the file.
 */
int schedstat__run_delay(pid_t tid, uint64_t *ns);

#endif
