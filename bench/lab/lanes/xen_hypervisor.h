/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the lanes with Xen share: the hypervisor itself. */
#ifndef HVBENCH_LAB_XEN_HYPERVISOR_H
#define HVBENCH_LAB_XEN_HYPERVISOR_H

#include "bench/lab/lab.h"

/* The exit group, with an MSR that Xen intercepts and implements. */
#define XEN_WORKLOADS "cpuid,hypercall,rdmsr:msr=0x1b,pio-user,mmio-user,mmio-kernel"

#define XEN_EXITS_WHY "Xen's exits are not observed"

/*
 * The user's hypervisor or (NULL) that of Debian's package, with its version; `version` may be
 * NULL.
 */
int xen__image(struct lab *lab, const char *given, char *image, size_t len, char *version,
	       size_t version_len, struct error *err);
/* Puts the hypervisor, uncompressed, into run->kernel, and stores its version. */
int xen__hypervisor(struct lab_run *run, struct error *err);

#endif
