/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outcome of A against B ("ab" of a result document), as text for people. */
#ifndef HVBENCH_AB_LINES_H
#define HVBENCH_AB_LINES_H

#include <jansson.h>
#include <stdio.h>

/* One or two lines for each comparison. 0 or negative errno of writing. */
int report_ab(const json_t *doc, FILE *out);

#endif
