// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON values from data that need not be representable; see json.h. */
#include "bench/base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/clean_text.h"
#include "bench/base/utf8.h"

/* Every integer up to here is a double too. */
#define EXACT_DOUBLE 9007199254740992.0

json_t *json__text(const char *text)
{
	json_t *value = NULL;
	char *clean;

	if (!text)
		return json_null();
	value = json_string(text);
	if (value)
		return value;
	clean = utf8__sanitize(text, strlen(text));
	if (clean)
		value = json_string(clean);
	free(clean);
	return value;
}

json_t *json__number(double value)
{
	if (!isfinite(value))
		return json_null();
	if (value == floor(value) && fabs(value) <= EXACT_DOUBLE)
		return json_integer((json_int_t)value);
	return json_real(value);
}

json_t *json__u64(uint64_t value)
{
	char digits[24];

	if (value <= INT64_MAX)
		return json_integer((json_int_t)value);
	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	return json_string(digits);
}

const json_t *json__at(const json_t *value, const char *path)
{
	size_t len;

	for (; value && *path; path += len + (path[len] == '.')) {
		char name[64];

		len = strcspn(path, ".");
		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		value = json_object_get(value, name);
	}
	return value;
}

void json__gather(json_t *lists, const char *name, json_t *item)
{
	json_t *list = json_object_get(lists, name);

	if (!list) {
		list = json_array();
		json_object_set_new(lists, name, list);
	}
	json_array_append_new(list, item);
}

static json_t *clean_string(const char *text)
{
	size_t len = strlen(text);
	char *clean = alloc__need(CLEAN_TEXT_ROOM(len));
	json_t *value;

	clean_text(clean, CLEAN_TEXT_ROOM(len), text, len);
	value = json_string(clean);
	free(clean);
	return value;
}

json_t *json__clean_copy(const json_t *value)
{
	json_t *copy, *item, *clean;
	const char *name;
	size_t i;

	if (json_is_string(value))
		return clean_string(json_string_value(value));
	if (!json_is_object(value) && !json_is_array(value))
		return json_incref((json_t *)value);
	copy = json_is_object(value) ? json_object() : json_array();
	json_array_foreach(value, i, item)
		json_array_append_new(copy, json__clean_copy(item));
	json_object_foreach((json_t *)value, name, item) {
		clean = clean_string(name);
		json_object_set_new(copy, json_string_value(clean), json__clean_copy(item));
		json_decref(clean);
	}
	return copy;
}
