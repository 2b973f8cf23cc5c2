/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shows a profile on the whole terminal while it is taken. */
#ifndef HVBENCH_PROFILE_LIVE_H
#define HVBENCH_PROFILE_LIVE_H

#include <signal.h>

#include "bench/base/error.h"
#include "bench/profile/session.h"

/* Runs until q, the end of the duration, or *stop. */
int profile_live(struct profile *p, const volatile sig_atomic_t *stop, struct error *err);

#endif
