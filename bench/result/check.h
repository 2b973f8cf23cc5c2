/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What code that reads a result document may rely on. */
#ifndef HVBENCH_RESULT_CHECK_H
#define HVBENCH_RESULT_CHECK_H

#include <jansson.h>

#include "bench/base/error.h"

/*
 * Checks that the document is as result.schema.json says; messages call it `name`. 0 or -EBADMSG,
 * -EPROTONOSUPPORT.
 */
int result__check(const json_t *doc, const char *name, struct error *err);

#endif
