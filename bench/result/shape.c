// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks documents that come from outside before any code relies on their types. */
#include "bench/result/shape.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The place a check has reached: "cells[3].summary.ci95[0]". */
struct place {
	char path[256];
	const char *file;
	struct error *err;
};

static unsigned int type_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return SHAPE_OBJECT;
	case JSON_ARRAY:
		return SHAPE_ARRAY;
	case JSON_STRING:
		return SHAPE_STRING;
	case JSON_INTEGER:
		return SHAPE_INTEGER;
	case JSON_REAL:
		return trunc(json_real_value(value)) == json_real_value(value) ? SHAPE_INTEGER :
										 SHAPE_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return SHAPE_BOOL;
	default:
		return SHAPE_NULL;
	}
}

/* Writes for instance "an object or null". */
static const char *type_names(unsigned int types, char *buf, size_t room)
{
	static const struct {
		unsigned int types;
		const char *name;
	} names[] = {
		{ SHAPE_ARRAY, "an array" },	     { SHAPE_OBJECT, "an object" },
		{ SHAPE_BOOL, "true or false" },     { SHAPE_INTEGER | SHAPE_REAL, "a number" },
		{ SHAPE_INTEGER, "a whole number" }, { SHAPE_REAL, "a number" },
		{ SHAPE_STRING, "a string" },	     { SHAPE_NULL, "null" },
	};
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if ((types & names[i].types) != names[i].types)
			continue;
		if (len < room)
			len += (size_t)snprintf(buf + len, room - len, "%s%s", len ? " or " : "",
						names[i].name);
		types &= ~names[i].types;
	}
	return buf;
}

static int complain(const struct place *at, const char *what)
{
	return error__set(at->err, -EBADMSG, "%s: damaged result: %s %s", at->file,
			  *at->path ? at->path : "the document", what);
}

static int check(const json_t *value, const struct shape *shape, struct place *at);

/* Goes one level down, checks, and comes back up. */
static int check_below(const json_t *value, const struct shape *shape, struct place *at,
		       const char *fmt, const char *name, size_t index)
{
	size_t len = strlen(at->path);
	int ret;

	if (name)
		snprintf(at->path + len, sizeof(at->path) - len, fmt, name);
	else
		snprintf(at->path + len, sizeof(at->path) - len, "[%zu]", index);
	ret = check(value, shape, at);
	at->path[len] = '\0';
	return ret;
}

static int compare_field(const void *name, const void *field)
{
	return strcmp(name, ((const struct shape_field *)field)->name);
}

static int check_object(const json_t *object, const struct shape *shape, struct place *at)
{
	const struct shape_field *field;
	const char *key;
	char what[128];
	json_t *value;
	int ret;

	json_object_foreach((json_t *)object, key, value) {
		field = shape->nr_fields ? bsearch(key, shape->fields, shape->nr_fields,
						   sizeof(*shape->fields), compare_field) :
					   NULL;
		if (!field && !shape->each)
			continue;
		ret = check_below(value, field ? field->shape : shape->each, at,
				  *at->path ? ".%s" : "%s", key, 0);
		if (ret)
			return ret;
	}
	for (size_t i = 0; i < shape->nr_fields; i++) {
		if (!shape->fields[i].required || json_object_get(object, shape->fields[i].name))
			continue;
		snprintf(what, sizeof(what), "has no \"%s\"", shape->fields[i].name);
		return complain(at, what);
	}
	return 0;
}

/* Whether the type is all there is to check. */
static bool is_plain(const struct shape *shape)
{
	return !shape->nr_fields && !shape->each && !shape->words && !shape->limited &&
	       !shape->digits && !shape->most && !shape->least;
}

static int check_array(const json_t *array, const struct shape *shape, struct place *at)
{
	char what[64];
	json_t *value;
	size_t i;
	int ret;

	i = json_array_size(array);
	if (i < shape->least || (shape->most && i > shape->most)) {
		snprintf(what, sizeof(what), "has %zu elements, not %zu", i,
			 i < shape->least ? shape->least : shape->most);
		return complain(at, what);
	}
	if (!shape->each)
		return 0;
	json_array_foreach(array, i, value) {
		/* Write the path only where it may be needed, since there are many samples. */
		if (is_plain(shape->each) && type_of(value) & shape->each->types)
			continue;
		ret = check_below(value, shape->each, at, NULL, NULL, i);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_string(const char *text, const struct shape *shape, struct place *at)
{
	if (shape->digits && (!*text || text[strspn(text, "0123456789")]))
		return complain(at, "is a string of something else than digits");
	for (const char *const *word = shape->words; word && *word; word++)
		if (!strcmp(text, *word))
			return 0;
	return shape->words ? complain(at, "has a value that this program does not know") : 0;
}

static int check_number(double value, const struct shape *shape, struct place *at)
{
	char what[80];

	if (!shape->limited || (value >= shape->low && value <= shape->high))
		return 0;
	snprintf(what, sizeof(what), "is %g, not between %g and %g", value, shape->low,
		 shape->high);
	return complain(at, what);
}

static int check(const json_t *value, const struct shape *shape, struct place *at)
{
	char wanted[96], got[32], what[160];

	if (!(type_of(value) & shape->types)) {
		snprintf(what, sizeof(what), "is %s where %s was expected",
			 type_names(json_is_number(value) ? SHAPE_INTEGER | SHAPE_REAL :
							    type_of(value),
				    got, sizeof(got)),
			 type_names(shape->types, wanted, sizeof(wanted)));
		return complain(at, what);
	}
	if (json_is_object(value))
		return check_object(value, shape, at);
	if (json_is_array(value))
		return check_array(value, shape, at);
	if (json_is_string(value))
		return check_string(json_string_value(value), shape, at);
	return json_is_number(value) ? check_number(json_number_value(value), shape, at) : 0;
}

int shape__check(const struct shape *shape, const json_t *value, const char *name,
		 const char *where, struct error *err)
{
	struct place at = { .file = name, .err = err };

	snprintf(at.path, sizeof(at.path), "%s", where);
	return check(value, shape, &at);
}
