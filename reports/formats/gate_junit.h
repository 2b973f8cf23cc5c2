/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A gate (bench/history/trend.h) as JUnit's XML, for continuous integration. */
#ifndef HVBENCH_GATE_JUNIT_H
#define HVBENCH_GATE_JUNIT_H

#include <jansson.h>
#include <stdio.h>

/* Takes {"gate": GATE, "result": RESULT, "file": text}. 0 or -errno of writing. */
int gate_junit__render(const json_t *doc, FILE *out);

#endif
