/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does kvm_exit fire at all?
 */
#ifndef HVBENCH_EXITS_FIRES_H
#define HVBENCH_EXITS_FIRES_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/error.h"

/* Takes exactly n exits of one reason in this process: 0 or negative errno. */
typedef int (*exits_calibrate)(void *ctx, uint64_t n, struct error *err);

/* Whether kvm_exit fires for any of n exits; true if that cannot be found out. */
bool exits__fires(exits_calibrate calibrate, void *ctx, uint64_t n);

#endif
