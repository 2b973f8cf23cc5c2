/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the lanes with Xen share. */
#ifndef HVBENCH_LAB_XEN_H
#define HVBENCH_LAB_XEN_H

#include "lab.h"

/* The hypervisor, plain, into run->kernel, and its version. */
int xen__hypervisor(struct lab_run *run, struct error *err);
/* Text for QEMU's -initrd. */
void xen__escape(const char *text, char *out, size_t len);

#endif
