/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a recording (record.h) has of a profile at its beginning and at its end. */
#ifndef HVBENCH_PROFILE_RECORDING_H
#define HVBENCH_PROFILE_RECORDING_H

#include "bench/profile/record.h"
#include "bench/profile/session.h"

/*
 * After profile__open(): from now on the profile is recorded. The caller closes the recording after
 * profile__end(). -ENOMEM.
 */
int recording__begin(struct profile *p, struct record *record);
/* For profile__end(): after the last collection. */
void recording__end(struct profile *p);

#endif
