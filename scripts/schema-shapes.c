// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes of a JSON schema the tables that documents are checked by (bench/result/shape.h), when the
 * program is built: so the schema is the only description of a document. It knows the keywords that
 * our schemas use and refuses any other, lest one be passed over in silence.
 *
 * 	schema-shapes SCHEMA.json NAME	writes C: shapes NAME, and NAME_X of each X in $defs
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *file;

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", file);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

struct maker {
	const json_t *defs;
	json_t *made; /* what was written, by its text: the number of the table */
	int nr;
};

/* What is known about a schema before its tables are written. */
struct sketch {
	unsigned int types;
	const json_t *properties, *required;
	int each; /* number of that shape; -1: anything */
	json_int_t least, most;
	const json_t *words; /* array of strings, nulls apart */
	double low, high;
	int limited, digits;
};

enum {
	NONE = 0,
	IS_NULL = 1,
	STRING = 2,
	INTEGER = 4,
	REAL = 8,
	BOOL = 16,
	OBJECT = 32,
	ARRAY = 64,
	ANY = 127
};

static const struct {
	const char *name, *constant;
	unsigned int bits;
} types[] = {
	{ "null", "SHAPE_NULL", IS_NULL },
	{ "string", "SHAPE_STRING", STRING },
	{ "number", "SHAPE_INTEGER | SHAPE_REAL", INTEGER | REAL },
	{ "integer", "SHAPE_INTEGER", INTEGER },
	{ "boolean", "SHAPE_BOOL", BOOL },
	{ "object", "SHAPE_OBJECT", OBJECT },
	{ "array", "SHAPE_ARRAY", ARRAY },
};

#define NR_TYPES (sizeof(types) / sizeof(*types))

static unsigned int type_named(const json_t *name)
{
	for (size_t i = 0; i < NR_TYPES; i++)
		if (json_is_string(name) && !strcmp(json_string_value(name), types[i].name))
			return types[i].bits;
	die("no such type");
}

static unsigned int types_of(const json_t *value)
{
	unsigned int all = NONE;
	const json_t *name;
	size_t i;

	if (!json_is_array(value))
		return type_named(value);
	json_array_foreach(value, i, name)
		all |= type_named(name);
	return all;
}

static int make(struct maker *m, const json_t *schema);

/* Whether it has a description but may be anything. */
static int is_anything(const json_t *schema)
{
	const json_t *variant;
	size_t i;

	json_array_foreach(json_object_get(schema, "anyOf"), i, variant)
		if (json_is_true(variant))
			return 1;
	return json_is_true(schema);
}

/* Takes an enum of strings, of which one may be null. */
static void take_enum(struct sketch *s, const json_t *values)
{
	const json_t *value;
	size_t i;

	json_array_foreach(values, i, value) {
		if (!json_is_string(value) && !json_is_null(value))
			die("an enum of anything but strings and null");
		s->types |= json_is_string(value) ? STRING : IS_NULL;
	}
	s->words = values;
}

static void take(struct maker *m, struct sketch *s, const json_t *schema);

/* Takes variants that differ in their types. */
static void take_variants(struct maker *m, struct sketch *s, const json_t *variants)
{
	const json_t *variant;
	size_t i;

	json_array_foreach(variants, i, variant) {
		unsigned int before = s->types;
		struct sketch one = { .each = -1 };

		take(m, &one, variant);
		if (before & one.types)
			die("variants of the same type: not told apart");
		if ((one.words && s->words) || (one.properties && s->properties) ||
		    (one.each >= 0 && s->each >= 0) || one.limited || one.digits)
			die("variants of this kind are not known");
		s->types |= one.types;
		s->words = one.words ?: s->words;
		s->properties = one.properties ?: s->properties;
		s->required = one.required ?: s->required;
		if (one.each >= 0) {
			s->each = one.each;
			s->least = one.least;
			s->most = one.most;
		}
	}
}

static void take_ref(struct maker *m, struct sketch *s, const char *ref)
{
	const json_t *def = strncmp(ref, "#/$defs/", 8) ? NULL : json_object_get(m->defs, ref + 8);

	if (!def)
		die("nothing at %s", ref);
	take(m, s, def);
}

static void take(struct maker *m, struct sketch *s, const json_t *schema)
{
	static const char *const prose[] = { "$schema",	    "$comment", "title",
					     "description", "$defs",	NULL };
	const char *key;
	json_t *value;

	if (!json_is_object(schema))
		die("a schema that is no object");
	json_object_foreach((json_t *)schema, key, value) {
		const char *const *word = prose;

		while (*word && strcmp(*word, key))
			word++;
		if (*word)
			continue;
		if (!strcmp(key, "type"))
			s->types = types_of(value);
		else if (!strcmp(key, "properties"))
			s->properties = value;
		else if (!strcmp(key, "required"))
			s->required = value;
		else if (!strcmp(key, "additionalProperties") || !strcmp(key, "items"))
			s->each = is_anything(value) ? -1 : make(m, value);
		else if (!strcmp(key, "minItems"))
			s->least = json_integer_value(value);
		else if (!strcmp(key, "maxItems"))
			s->most = json_integer_value(value);
		else if (!strcmp(key, "minimum") && ++s->limited)
			s->low = json_number_value(value);
		else if (!strcmp(key, "maximum") && ++s->limited)
			s->high = json_number_value(value);
		else if (!strcmp(key, "enum"))
			take_enum(s, value);
		else if (!strcmp(key, "const"))
			take_enum(s, json_pack("[O]", value));
		else if (!strcmp(key, "pattern") && !strcmp(json_string_value(value), "^[0-9]+$"))
			s->digits = 1;
		else if (!strcmp(key, "oneOf") || !strcmp(key, "anyOf"))
			take_variants(m, s, value);
		else if (!strcmp(key, "$ref"))
			take_ref(m, s, json_string_value(value));
		else
			die("keyword \"%s\": teach scripts/schema-shapes.c what it means", key);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int is_required(const struct sketch *s, const char *name)
{
	const json_t *value;
	size_t i;

	json_array_foreach(s->required, i, value)
		if (!strcmp(json_string_value(value), name))
			return 1;
	return 0;
}

/* Sorted by name, so that they can be found by bisection. */
static void put_fields(struct maker *m, FILE *out, const struct sketch *s)
{
	size_t nr = json_object_size(s->properties), i = 0;
	const char **names = calloc(nr + 1, sizeof(*names)), *name;
	const json_t *value;
	json_t *ignored;

	json_array_foreach(s->required, i, value)
		if (!json_object_get(s->properties, json_string_value(value)))
			die("\"%s\" is required and not described", json_string_value(value));
	i = 0;
	json_object_foreach((json_t *)s->properties, name, ignored)
		names[i++] = name;
	qsort(names, nr, sizeof(*names), compare_names);
	fprintf(out, "\t.nr_fields = %zu, .fields = (const struct shape_field[]){\n", nr);
	for (i = 0; i < nr; i++)
		fprintf(out, "\t\t{ \"%s\", &shape_%d, %s },\n", names[i],
			make(m, json_object_get(s->properties, names[i])),
			is_required(s, names[i]) ? "true" : "false");
	fprintf(out, "\t},\n");
	free(names);
}

static void put_words(FILE *out, const json_t *words)
{
	const json_t *word;
	size_t i;

	fprintf(out, "\t.words = (const char *const[]){ ");
	json_array_foreach(words, i, word)
		if (json_is_string(word))
			fprintf(out, "\"%s\", ", json_string_value(word));
	fprintf(out, "NULL },\n");
}

static void put_body(struct maker *m, FILE *out, const struct sketch *s)
{
	unsigned int left = s->types;
	const char *sep = "";

	fprintf(out, "\t.types = ");
	for (size_t i = 0; i < NR_TYPES; i++) {
		if ((left & types[i].bits) != types[i].bits)
			continue;
		fprintf(out, "%s%s", sep, types[i].constant);
		left &= ~types[i].bits;
		sep = " | ";
	}
	fprintf(out, ",\n");
	if (s->properties)
		put_fields(m, out, s);
	if (s->each >= 0)
		fprintf(out, "\t.each = &shape_%d,\n", s->each);
	if (s->least || s->most)
		fprintf(out, "\t.least = %d, .most = %d,\n", (int)s->least, (int)s->most);
	if (s->words)
		put_words(out, s->words);
	if (s->limited)
		fprintf(out, "\t.limited = true, .low = %.17g, .high = %.17g,\n", s->low, s->high);
	if (s->digits)
		fprintf(out, "\t.digits = true,\n");
}

/*
 * Writes the tables of a schema, after those it needs; returns its number. Equal ones are written
 * once.
 */
static int make(struct maker *m, const json_t *schema)
{
	struct sketch s = { .each = -1 };
	const json_t *known;
	size_t len = 0;
	char *body = NULL;
	FILE *out = open_memstream(&body, &len);

	if (!out)
		die("out of memory");
	take(m, &s, schema);
	if (!s.types)
		s.types = ANY;
	if (s.limited == 1)
		die("only one of minimum and maximum");
	put_body(m, out, &s);
	fclose(out);
	known = json_object_get(m->made, body);
	if (!known) {
		printf("static const struct shape shape_%d = {\n%s};\n\n", m->nr, body);
		json_object_set_new(m->made, body, json_integer(m->nr++));
		known = json_object_get(m->made, body);
	}
	free(body);
	return (int)json_integer_value(known);
}

int main(int argc, char **argv)
{
	struct maker m = { .made = json_object() };
	json_error_t error;
	json_t *schema, *def;
	const char *name;
	int top;

	if (argc != 3)
		return 64;
	file = argv[1];
	schema = json_load_file(file, JSON_REJECT_DUPLICATES, &error);
	if (!schema)
		die("line %d: %s", error.line, error.text);
	m.defs = json_object_get(schema, "$defs");
	printf("/* Of %s, by scripts/schema-shapes.c. */\n#include \"bench/result/shape.h\"\n\n",
	       file);
	top = make(&m, schema);
	printf("extern const struct shape *const %s;\nconst struct shape *const %s = &shape_%d;\n",
	       argv[2], argv[2], top);
	json_object_foreach((json_t *)m.defs, name, def) {
		top = make(&m, def);
		printf("extern const struct shape *const %s_%s;\nconst struct shape *const %s_%s = "
		       "&shape_%d;\n",
		       argv[2], name, argv[2], name, top);
	}
	json_decref(m.made);
	json_decref(schema);
	return fflush(stdout) || ferror(stdout);
}
