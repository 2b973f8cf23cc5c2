/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JUnit's XML, which continuous integration understands: suites of cases, each passed, failed, skipped, or an error.
 *
 * A case, as JSON: {"class", "name", "kind": "passed|failure|skipped|error", "message", "details"}; texts are anybody's,
 * and made fit for XML here. A message is what people see first: it carries the figure.
 */
#ifndef HVBENCH_JUNIT_H
#define HVBENCH_JUNIT_H

#include <jansson.h>
#include <stdio.h>

void junit__begin(FILE *out, const char *name);
/* Counts what the cases are. */
void junit__suite(FILE *out, const char *name, const json_t *cases);
/* 0 or -errno of writing. */
int junit__end(FILE *out);

/* A case; takes message and details over, NULL: none. */
json_t *junit__case(const char *class, const char *name, const char *kind, json_t *message, json_t *details);

#endif
