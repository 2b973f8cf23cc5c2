/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workloads in a process of the host. For code that needs this very backend; others use
 * backend__find().
 */
#ifndef HVBENCH_NATIVE_H
#define HVBENCH_NATIVE_H

#include "bench/backends/backend.h"

extern const struct backend backend_native;

#endif
