/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The required shape of a JSON document, as tables that scripts/schema-shapes.c makes from a
 * schema. Fields that a schema does not mention may be anything.
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
	SHAPE_INTEGER = 1 << 2, /* a number without a fraction, however written */
	SHAPE_REAL = 1 << 3,
	SHAPE_BOOL = 1 << 4,
	SHAPE_OBJECT = 1 << 5,
	SHAPE_ARRAY = 1 << 6,
};

struct shape {
	unsigned int types;		  /* enum shape_type, or'ed */
	const struct shape_field *fields; /* of an object, sorted by name */
	size_t nr_fields;
	const struct shape *each; /* for the elements of an array and an object's
						 * other fields; NULL: anything */
	size_t least, most;	  /* number of an array's elements; most 0: any */
	/* the strings allowed, NULL-terminated; NULL: any */
	const char *const *words;
	bool limited; /* numbers have to be in low … high */
	double low, high;
	bool digits; /* a string may only hold digits */
};

struct shape_field {
	const char *name;
	const struct shape *shape;
	bool required;
};

/*
 * 0, or -EBADMSG with the place and what is wrong there. Messages call the document `name`; `where`
 * is the value's place in it, "" for the whole document.
 */
int shape__check(const struct shape *shape, const json_t *value, const char *name,
		 const char *where, struct error *err);

#endif
