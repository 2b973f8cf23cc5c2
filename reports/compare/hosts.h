/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In what two hosts of result documents differ: as machines, so that their figures are not comparable,
 * or in software and settings, which may be what a comparison is about.
 */
#ifndef HVBENCH_HOSTS_H
#define HVBENCH_HOSTS_H

#include <jansson.h>

/*
 * {"unlike": bool, "machine": [FIELD…], "setup": [FIELD…]} with FIELD {"field": "cpu.model", "base": text or
 * null, "new": text or null}; of lists only what one has and the other lacks. Load and free memory are in
 * neither. NULL: out of memory.
 */
json_t *hosts__differences(const json_t *base, const json_t *new);

#endif
