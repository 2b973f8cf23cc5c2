/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workloads in a process of the host. By name for those who need this one and no other; else see backend__find(). */
#ifndef HVBENCH_NATIVE_H
#define HVBENCH_NATIVE_H

#include "bench/backends/backend.h"

extern const struct backend backend_native;

#endif
