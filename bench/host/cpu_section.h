/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPUs in the host's fingerprint: model, flags, caches, topology, frequency, idle states.
 * `root` as in fingerprint.h.
 */
#ifndef HVBENCH_CPU_SECTION_H
#define HVBENCH_CPU_SECTION_H

#include <jansson.h>
#include <stdbool.h>

/* A new object: host.cpu of bench/result/result.schema.json. */
json_t *cpu_section__new(const char *root);
/* Whether the first CPU of /proc/cpuinfo's text has the flag. NULL has none. */
bool cpuinfo__has_flag(const char *info, const char *flag);

#endif
