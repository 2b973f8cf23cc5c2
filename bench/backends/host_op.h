/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations of the host itself, in this process: references for cells whose own operation a
 * process cannot do. Each is the same whatever the cell's configuration is.
 *
 *   memfd       eight files in memory, each created, mapped, touched, unmapped and closed:
 *               descriptors, mappings and slab objects are made and freed, as a VM's are
 *   membarrier  four barriers (membarrier(2), private expedited) while a second thread spins on
 *               another CPU: interrupts from one CPU to another that is busy
 */
#ifndef HVBENCH_HOST_OP_H
#define HVBENCH_HOST_OP_H

#include "bench/base/cpus.h"
#include "bench/base/error.h"

struct host_op {
	const char *name;
	/*
	 * Prepares it for the thread that will run it; `elsewhere` is where its other threads may
	 * be. NULL: nothing to prepare. -errno with a message.
	 */
	int (*open)(void **state, const struct cpus *elsewhere, struct error *err);
	/* Does one operation; returns ns, negative: it failed. */
	double (*run)(void *state);
	void (*close)(void *state);
};

extern const struct host_op host_op_memfd;
extern const struct host_op host_op_membarrier;

#endif
