/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A comparison (compare.h) as JUnit's XML: a suite for each new result, a case for each cell. */
#ifndef HVBENCH_COMPARISON_JUNIT_H
#define HVBENCH_COMPARISON_JUNIT_H

#include <jansson.h>
#include <stdio.h>

/* 0 or -errno of writing. */
int comparison_junit__render(const json_t *doc, FILE *out);

#endif
