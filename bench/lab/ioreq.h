/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device model for a Xen domain, in dom0: an ioreq server (Xen's public/hvm/dm_op.h, ioreq.h)
 * that claims the port and the page of MMIO by which workloads go to user space (abi.h), and
 * answers each access at once: the cost of a round trip to a device model, without any device.
 */
#ifndef HVBENCH_LAB_IOREQ_H
#define HVBENCH_LAB_IOREQ_H

#include "bench/base/error.h"

/*
 * Serves the domain (which is paused, or has not accessed the devices yet) until it is gone or the
 * process is killed. Calls `ready` once it can answer requests.
 */
int ioreq__serve(unsigned int domid, void (*ready)(void), struct error *err);

#endif
