/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cell's cost against that of a reference.
 */
#ifndef HVBENCH_RESULT_REFERENCE_H
#define HVBENCH_RESULT_REFERENCE_H

#include <jansson.h>
#include <stddef.h>

#include "bench/backends/backend.h"

/*
 * The cell's "reference": its cost compared with that of the reference workload, by twins. Failed
 * pairs are left out; if none is left "reference" is null, with the reason of the first in a
 * warning.
 */
void result__add_reference(json_t *cell, const char *label, const struct pair *pairs, size_t nr);

#endif
