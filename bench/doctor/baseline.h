/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two documents of the doctor: of two hosts, or of one at two times. */
#ifndef HVBENCH_DOCTOR_BASELINE_H
#define HVBENCH_DOCTOR_BASELINE_H

#include <jansson.h>

#include "bench/base/error.h"

/* Loads a document that 'hvbench doctor -o' wrote. NULL with the reason: -EBADMSG, -errno. */
json_t *doctor_baseline__load(const char *path, struct error *err);
/*
 * [{"check", "what", "before", "now"}]: settings (files, not counters or what VMs do) whose values
 * differ; "-" where one does not have it. Only of checks that both have. A new array.
 */
json_t *doctor_baseline__compare(const json_t *before, const json_t *now);

#endif
