/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON values from data that JSON may not be able to represent: bytes that are not UTF-8, numbers
 * that are not finite. What cannot be represented becomes null; its key is never left out.
 */
#ifndef HVBENCH_JSON_H
#define HVBENCH_JSON_H

#include <jansson.h>
#include <stdint.h>

/* A new string, invalid bytes replaced by U+FFFD; null for NULL. */
json_t *json__text(const char *text);
/*
 * A JSON integer if `value` is one (which makes files shorter), else a real; null if it is not
 * finite.
 */
json_t *json__number(double value);
/* An integer, or above INT64_MAX, which JSON readers cannot hold, a string of its digits. */
json_t *json__u64(uint64_t value);

/* The field at a dotted path, "cpu.idle.driver"; NULL: there is none. `value` itself for "". */
const json_t *json__at(const json_t *value, const char *path);

/*
 * Appends `item`, whose reference it takes, to the list of that name in `lists`, which is made if
 * there is none.
 */
void json__gather(json_t *lists, const char *name, json_t *item);

/*
 * A copy in which all texts and names are cleaned for display (clean_text.h); the caller owns it.
 */
json_t *json__clean_copy(const json_t *value);

#endif
