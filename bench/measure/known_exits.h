/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VM that takes a known number of known exits: by it an exit source is chosen by what it sees, not
 * by what attaches.
 */
#ifndef HVBENCH_CALIBRATE_H
#define HVBENCH_CALIBRATE_H

#include <stdint.h>

#include "bench/base/error.h"

#define CALIBRATE_EXITS	200

/* Exactly n port writes that go to user space, run by the calling thread. An exits_calibrate. */
int calibrate__take_exits(void *ctx, uint64_t n, struct error *err);

#endif
