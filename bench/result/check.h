/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What readers of a result document may rely on.
 */
#ifndef HVBENCH_RESULT_CHECK_H
#define HVBENCH_RESULT_CHECK_H

#include <jansson.h>

#include "bench/base/error.h"

/*
 * That the document is as result.schema.json says; `name` is what messages call it: 0 or
 * -EBADMSG, -EPROTONOSUPPORT.
 */
int result__check(const json_t *doc, const char *name, struct error *err);

#endif
