/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the doctor found, as JUnit's XML. */
#ifndef HVBENCH_DOCTOR_JUNIT_H
#define HVBENCH_DOCTOR_JUNIT_H

#include <jansson.h>
#include <stdio.h>

/* 0 or -errno of writing. */
int doctor_junit__render(const json_t *doc, FILE *out);

#endif
