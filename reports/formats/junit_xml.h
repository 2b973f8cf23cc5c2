/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JUnit's XML, which continuous integration understands: suites of cases, each of which passed,
 * failed, was skipped, or is an error.
 *
 * A case, as JSON: {"class", "name", "kind": "passed|failure|skipped|error", "message", "details"}.
 * Texts may come from anywhere and are made safe for XML here. A message is what users see first:
 * it holds the figure.
 */
#ifndef HVBENCH_JUNIT_XML_H
#define HVBENCH_JUNIT_XML_H

#include <jansson.h>
#include <stdio.h>

void junit__begin(FILE *out, const char *name);
/* Writes a suite, with the numbers of its cases by kind. */
void junit__suite(FILE *out, const char *name, const json_t *cases);
/* 0 or -errno of writing. */
int junit__end(FILE *out);

/* A case; takes over message and details, which may be NULL. */
json_t *junit__case(const char *class, const char *name, const char *kind, json_t *message,
		    json_t *details);

#endif
