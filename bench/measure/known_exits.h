/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VM that takes a known number of known exits, so that an exit source is chosen because it sees
 * them all, not because it attaches.
 */
#ifndef HVBENCH_KNOWN_EXITS_H
#define HVBENCH_KNOWN_EXITS_H

#include <stdint.h>

#include "bench/base/error.h"

#define CALIBRATE_EXITS 200

/* Makes exactly n port writes that go to user space, in the calling thread. An exits_calibrate. */
int calibrate__take_exits(void *ctx, uint64_t n, struct error *err);

#endif
