/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the exits of a profile suggest changing. */
#ifndef HVBENCH_PROFILE_ADVICE_H
#define HVBENCH_PROFILE_ADVICE_H

#include "bench/profile/session.h"

/* What a profile suggests, in words: calls `say` for each finding. */
void profile_advice(struct profile *p, void (*say)(const char *text, void *ctx), void *ctx);

#endif
