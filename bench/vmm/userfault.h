/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that provides pages of guest memory as they are touched, through userfaultfd(2): what
 * post-copy migration does, with the pages at hand.
 */
#ifndef HVBENCH_VMM_USERFAULT_H
#define HVBENCH_VMM_USERFAULT_H

#include <stdint.h>

#include "bench/base/error.h"
#include "bench/vmm/memory.h"
#include "workloads/workload.h"

struct userfault;

/*
 * From here on the first touch of each page of `mem` waits for the thread, which provides pages as
 * `how` says. For FAULTS_MINOR `mem` is shared, and its pages are made and unmapped first.
 * -EOPNOTSUPP, with what to do about it: this host has no userfaultfd for us, or not this kind.
 */
int userfault__start(struct userfault **out, struct memory *mem, const struct workload_fetch *how,
		     struct error *err);
/* Ends it; pages not provided yet come from the kernel from then on. NULL: nothing. */
void userfault__stop(struct userfault *u);

#endif
