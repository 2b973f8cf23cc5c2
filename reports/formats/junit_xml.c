// SPDX-License-Identifier: GPL-2.0-or-later
/* JUnit's XML: see junit_xml.h. */
#include "reports/formats/junit_xml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "reports/formats/format.h"

/*
 * Control characters are not even allowed as references in XML: they are made visible first, also
 * new lines, which could be taken for lines of ours.
 */
static void put_clean(FILE *out, const char *text)
{
	char *clean = format__clean(text, true);

	format__put_markup(clean, out);
	free(clean);
}

static void put_attribute(FILE *out, const char *name, const char *text)
{
	fprintf(out, " %s=\"", name);
	put_clean(out, text);
	fputc('"', out);
}

void junit__begin(FILE *out, const char *name)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", out);
	put_attribute(out, "name", name);
	fputs(">\n", out);
}

/* Of a case, which is no document: see junit_xml.h. */
static const char *text_of(const json_t *one, const char *key)
{
	return json_string_value(json_object_get(one, key)) ?: "";
}

static void put_case(FILE *out, const json_t *one)
{
	const char *kind = text_of(one, "kind");
	const char *element = strcmp(kind, "passed") ? kind : "system-out";
	const json_t *line;
	size_t i;

	fputs("    <testcase", out);
	put_attribute(out, "classname", text_of(one, "class"));
	put_attribute(out, "name", text_of(one, "name"));
	fprintf(out, ">\n      <%s", element);
	if (strcmp(kind, "passed"))
		put_attribute(out, "message", text_of(one, "message"));
	fputs(">", out);
	json_array_foreach(json_object_get(one, "details"), i, line) {
		put_clean(out, json_string_value(line) ?: "");
		fputc('\n', out);
	}
	fprintf(out, "</%s>\n    </testcase>\n", element);
}

static size_t count(const json_t *cases, const char *kind)
{
	const json_t *one;
	size_t nr = 0, i;

	json_array_foreach(cases, i, one)
		nr += !strcmp(text_of(one, "kind"), kind);
	return nr;
}

void junit__suite(FILE *out, const char *name, const json_t *cases)
{
	const json_t *one;
	size_t i;

	fputs("  <testsuite", out);
	put_attribute(out, "name", name);
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n",
		json_array_size(cases), count(cases, "failure"), count(cases, "error"),
		count(cases, "skipped"));
	json_array_foreach(cases, i, one)
		put_case(out, one);
	fputs("  </testsuite>\n", out);
}

int junit__end(FILE *out)
{
	fputs("</testsuites>\n", out);
	return fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

json_t *junit__case(const char *class, const char *name, const char *kind, json_t *message,
		    json_t *details)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:o}", "class", json__text(class), "name",
			 json__text(name), "kind", kind, "message", message ?: json_null(),
			 "details", details ?: json_null());
}
