/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the two hosts of result documents differ: as machines, so that figures cannot be compared, or
 * in software and settings, which may be the very thing to compare.
 */
#ifndef HVBENCH_HOSTS_H
#define HVBENCH_HOSTS_H

#include <jansson.h>

/*
 * {"unlike": bool, "machine": [FIELD…], "setup": [FIELD…]} with FIELD {"field": "cpu.model",
 * "base": text or null, "new": text or null}; for lists only the elements that one side has and the
 * other lacks. Load and free memory are left out. They are unlike if `machine` is not empty: if a
 * field of the machine differs, or their fingerprints do. NULL: out of memory.
 */
json_t *hosts__differences(const json_t *base, const json_t *new);

#endif
