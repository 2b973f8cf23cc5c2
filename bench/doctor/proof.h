/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which two values a proof compares on a host: hosts differ in where a setting is. */
#ifndef HVBENCH_DOCTOR_PROOF_H
#define HVBENCH_DOCTOR_PROOF_H

#include <stdbool.h>

#include "bench/doctor/check.h"

/* KEY=VALUE of side 0 or 1, below the root ("": this machine); of static lifetime. */
const char *doctor_proof__side(const struct doctor_proof *proof, const char *root, int side);
/* Whether both measure the same. */
bool doctor_proof__same(const struct doctor_proof *a, const struct doctor_proof *b);

#endif
