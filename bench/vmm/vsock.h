/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread behind a vsock device's queues (workloads/vsock.h): it refuses each request. */
#ifndef HVBENCH_VMM_VSOCK_H
#define HVBENCH_VMM_VSOCK_H

#include "bench/vmm/queue.h"
#include "workloads/vsock.h"

extern const struct queue_answers vsock_answers;

#endif
