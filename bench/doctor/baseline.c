// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/doctor/baseline.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

json_t *doctor_baseline__load(const char *path, struct error *err)
{
	json_error_t why;
	json_t *doc = json_load_file(path, 0, &why);

	if (!doc) {
		error__set(err, -EBADMSG, "%s: %s", path, why.text);
	} else if (strcmp(text_of(doc, "schema"), "hvbench.doctor/1") ||
		   !json_is_array(json_object_get(doc, "checks"))) {
		error__set(err, -EBADMSG, "%s: not a document of 'hvbench doctor -o FILE.json'",
			   path);
		json_decref(doc);
		doc = NULL;
	}
	return doc;
}

static bool is_setting(const json_t *found)
{
	return !json_is_true(json_object_get(found, "counted"));
}

/* Values of the same name are told apart by their order: "powersave: CPUs 8-15" is the second. */
static const json_t *place_in(const json_t *check, const char *what, unsigned int nth)
{
	const json_t *found;
	size_t i;

	json_array_foreach(json_object_get(check, "found"), i, found)
		if (!strcmp(text_of(found, "what"), what) && !nth--)
			return found;
	return NULL;
}

static unsigned int place_of(const json_t *check, size_t index)
{
	const json_t *list = json_object_get(check, "found");
	const char *what = text_of(json_array_get(list, index), "what");
	unsigned int place = 0;

	for (size_t i = 0; i < index; i++)
		place += !strcmp(text_of(json_array_get(list, i), "what"), what);
	return place;
}

static void add(json_t *list, const json_t *check, const char *what, const char *before,
		const char *now)
{
	json_array_append_new(list,
			      json_pack("{s:s, s:s, s:s, s:s}", "check", text_of(check, "id"),
					"what", what, "before", before ?: "-", "now", now ?: "-"));
}

static void compare_checks(json_t *list, const json_t *before, const json_t *now)
{
	const json_t *found;
	size_t i;

	json_array_foreach(json_object_get(now, "found"), i, found) {
		const char *what = text_of(found, "what"), *value = text_of(found, "value");
		const json_t *was = place_in(before, what, place_of(now, i));

		if (is_setting(found) && (!was || strcmp(text_of(was, "value"), value)))
			add(list, now, what, was ? text_of(was, "value") : NULL, value);
	}
	json_array_foreach(json_object_get(before, "found"), i, found) {
		const char *what = text_of(found, "what");

		if (is_setting(found) && !place_in(now, what, place_of(before, i)))
			add(list, before, what, text_of(found, "value"), NULL);
	}
}

json_t *doctor_baseline__compare(const json_t *before, const json_t *now)
{
	json_t *list = json_array();
	const json_t *check, *other;
	size_t i, k;

	json_array_foreach(json_object_get(now, "checks"), i, check)
		json_array_foreach(json_object_get(before, "checks"), k, other)
			if (!strcmp(text_of(check, "id"), text_of(other, "id")))
				compare_checks(list, other, check);
	return list;
}
