/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the lanes with Xen share. */
#ifndef HVBENCH_LAB_XEN_H
#define HVBENCH_LAB_XEN_H

#include "bench/lab/lab.h"
#include "bench/lab/trace.h"

/* The exit group, with a register that Xen intercepts and knows. */
#define XEN_WORKLOADS	"cpuid,hypercall,rdmsr:msr=0x1b,pio-user,mmio-user,mmio-kernel"

#define XEN_EXITS_WHY	"Xen's exits are not observed"

/* The hypervisor, plain, into run->kernel, and its version. */
int xen__hypervisor(struct lab_run *run, struct error *err);

/*
 * Xen's symbols, as a Linux dom0 sees them; found out once and kept in the cache. The run is that of
 * lane xen-domu with the hypervisor of the request.
 */
int xen__symbols(struct lab *lab, const struct lab_request *req, struct symbols *symbols,
		 struct error *err);

#endif
