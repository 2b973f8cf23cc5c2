/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON values from data that need not be representable: bytes that are no UTF-8, numbers that are not
 * finite. What cannot be told is null, never a missing key.
 */
#ifndef HVBENCH_JSON_H
#define HVBENCH_JSON_H

#include <jansson.h>
#include <stdint.h>

/* A new string, invalid bytes replaced by U+FFFD; null for NULL. */
json_t *json__text(const char *text);
/* The integer itself where `value` is one (JSON files get shorter), else a real; null if not finite. */
json_t *json__number(double value);
/* Above INT64_MAX, which JSON readers cannot hold, a string of digits. */
json_t *json__u64(uint64_t value);

/* The field at a dotted path, "cpu.idle.driver"; NULL: there is none. `value` itself for "". */
const json_t *json__at(const json_t *value, const char *path);

/* A copy in which all texts and names are fit to be shown (clean_text.h); the caller's. */
json_t *json__clean_copy(const json_t *value);

#endif
