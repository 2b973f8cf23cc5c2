/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory in the host's fingerprint: sizes, nodes, huge pages, KSM; and how much of it may be used.
 * `root` as in fingerprint.h.
 */
#ifndef HVBENCH_MEMORY_SECTION_H
#define HVBENCH_MEMORY_SECTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A new object: host.memory of bench/result/result.schema.json. */
json_t *memory_section__new(const char *root);
/* 0: not known. `by_group`: whether a control group allows less than the host has. */
uint64_t host__available_memory_bytes(const char *root, bool *by_group);

#endif
