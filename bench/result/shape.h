/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a JSON document has to look like, as tables that scripts/schema-shapes.c makes of a schema. What a schema
 * does not speak of may be anything.
 */
#ifndef HVBENCH_RESULT_SHAPE_H
#define HVBENCH_RESULT_SHAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "bench/base/error.h"

enum shape_type {
	SHAPE_NULL = 1 << 0,
	SHAPE_STRING = 1 << 1,
	SHAPE_INTEGER = 1 << 2,		/* a number without a fraction, however it is written */
	SHAPE_REAL = 1 << 3,
	SHAPE_BOOL = 1 << 4,
	SHAPE_OBJECT = 1 << 5,
	SHAPE_ARRAY = 1 << 6,
};

struct shape {
	unsigned int types;			/* enum shape_type, or'ed */
	const struct shape_field *fields;	/* of an object, in the order of their names */
	size_t nr_fields;
	const struct shape *each;		/* the elements of an array, an object's other fields; NULL: anything */
	size_t least, most;			/* elements of an array; most 0: any number */
	const char *const *words;		/* the strings allowed, NULL-ended; NULL: any */
	bool limited;				/* numbers, to low … high */
	double low, high;
	bool digits;				/* a string holds nothing but digits */
};

struct shape_field {
	const char *name;
	const struct shape *shape;
	bool required;
};

/*
 * 0, or -EBADMSG with the place and what is wrong there. `name` is what the message calls the document, `where`
 * the value's place in it, "" for all of it.
 */
int shape__check(const struct shape *shape, const json_t *value, const char *name, const char *where,
		 struct error *err);

#endif
