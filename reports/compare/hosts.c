// SPDX-License-Identifier: GPL-2.0-or-later
/* How two hosts differ: see hosts.h. */
#include "reports/compare/hosts.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/machine_fields.h"
#include "bench/result/doc.h"

#define MAX_PATH  256
#define MAX_DEPTH 16

/*
 * What emulated the host: another lane or version of the emulator counts other paths, whatever the
 * fingerprint, which knows nothing of them. Older documents do not tell.
 */
static const char *const lab_fields[] = {
	"lab.lane",
	"lab.emulator.name",
	"lab.emulator.version",
	NULL,
};

/* Fields that change within hours, or that are reported elsewhere. */
static const char *const volatile_fields[] = {
	"fingerprint",
	"setup",
	"load_average",
	"memory.available_bytes",
	"memory.swap_free_bytes",
	"memory.hugepages",
	"memory.nodes",
	"memory.total_bytes",
	"lab.guest_started",
	NULL,
};

static bool is_one_of(const char *field, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(field, *list))
			return true;
	return false;
}

static json_t *as_text(const json_t *value)
{
	char *text;
	json_t *string;

	if (!value || json_is_null(value))
		return json_null();
	if (json_is_string(value))
		return json_copy((json_t *)value);
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS |
					 JSON_REAL_PRECISION(12));
	string = text ? json_string(text) : NULL;
	free(text);
	return string ?: json_null();
}

static bool has_element(const json_t *list, const json_t *value)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (json_equal((json_t *)item, (json_t *)value))
			return true;
	return false;
}

/* The elements that the other list lacks, separated by blanks. */
static json_t *only_in(const json_t *list, const json_t *other)
{
	const char *blank = "";
	char *bytes = NULL;
	FILE *out;
	json_t *text, *item;
	size_t i, len;

	out = alloc__stream(&bytes, &len);
	json_array_foreach((json_t *)list, i, item) {
		if (has_element(other, item))
			continue;
		text = as_text(item);
		fprintf(out, "%s%s", blank, json_string_value(text) ?: "null");
		json_decref(text);
		blank = " ";
	}
	alloc__close_stream(out);
	text = json_string(bytes);
	free(bytes);
	return text ?: json_null();
}

static void add(json_t *result, const char *field, json_t *base, json_t *new)
{
	bool lab = is_one_of(field, lab_fields) && !json_is_null(base) && !json_is_null(new);
	const char *kind = lab || is_one_of(field, machine_fields) ? "machine" : "setup";

	json_array_append_new(json_object_get(result, kind),
			      json_pack("{s:s, s:o, s:o}", "field", field, "base", base, "new",
					new));
}

static void compare_values(json_t *result, const char *path, const json_t *base, const json_t *new,
			   int depth);

static void compare_objects(json_t *result, const char *path, const json_t *base, const json_t *new,
			    int depth)
{
	char below[MAX_PATH];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)base, key, value) {
		snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", key);
		compare_values(result, below, value, json_object_get(new, key), depth + 1);
	}
	json_object_foreach((json_t *)new, key, value) {
		if (json_object_get(base, key))
			continue;
		snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", key);
		compare_values(result, below, NULL, value, depth + 1);
	}
}

static bool is_nothing(const json_t *value)
{
	return !value || json_is_null(value);
}

static void compare_values(json_t *result, const char *path, const json_t *base, const json_t *new,
			   int depth)
{
	bool objects = (json_is_object(base) || is_nothing(base)) &&
		       (json_is_object(new) || is_nothing(new));

	if ((is_nothing(base) && is_nothing(new)) || is_one_of(path, volatile_fields) ||
	    json_equal((json_t *)base, (json_t *)new))
		return;
	if (objects && depth < MAX_DEPTH)
		compare_objects(result, path, base, new, depth);
	else if (json_is_array(base) && json_is_array(new))
		add(result, path, only_in(base, new), only_in(new, base));
	else
		add(result, path, as_text(base), as_text(new));
}

/*
 * Machines of one fingerprint do not differ by what only one document tells, such as one of a
 * later release.
 */
static void tell_apart(json_t *result)
{
	json_t *machine = json_object_get(result, "machine"), *one;

	for (size_t i = json_array_size(machine); i-- > 0;) {
		one = json_array_get(machine, i);
		if (!is_nothing(json_object_get(one, "base")) &&
		    !is_nothing(json_object_get(one, "new")))
			continue;
		json_array_insert(json_object_get(result, "setup"), 0, one);
		json_array_remove(machine, i);
	}
}

json_t *hosts__differences(const json_t *base, const json_t *new)
{
	const char *a = doc__text(base, "fingerprint"), *b = doc__text(new, "fingerprint");
	json_t *result = json_pack("{s:b, s:[], s:[]}", "unlike", 0, "machine", "setup");
	bool unlike;

	if (!result)
		return NULL;
	compare_objects(result, "", base, new, 0);
	if (*a && !strcmp(a, b))
		tell_apart(result);
	/* If no field shows what differs, report the fingerprint itself. */
	if (*a && *b && strcmp(a, b) && !json_array_size(json_object_get(result, "machine")))
		json_array_append_new(json_object_get(result, "machine"),
				      json_pack("{s:s, s:s, s:s}", "field", "fingerprint", "base",
						a, "new", b));
	unlike = json_array_size(json_object_get(result, "machine")) > 0;
	json_object_set_new(result, "unlike", json_boolean(unlike));
	return result;
}
