/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of Xen's functions. */
#ifndef HVBENCH_LAB_XEN_SYMBOLS_H
#define HVBENCH_LAB_XEN_SYMBOLS_H

#include "bench/lab/lab.h"
#include "bench/lab/trace.h"

/*
 * Xen's symbols, as a Linux dom0 sees them; found once and kept in the cache. Runs lane xen-domu
 * with the hypervisor of the request.
 */
int xen__symbols(struct lab *lab, const struct lab_request *req, struct symbols *symbols,
		 struct error *err);

#endif
