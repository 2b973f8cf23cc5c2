// SPDX-License-Identifier: GPL-2.0-or-later
/* Building charts: see chart.h. */
#include "reports/charts/chart.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/base/utf8.h"
#include "reports/formats/format.h"

void data_file__open(struct data_file *f)
{
	f->stream = alloc__stream(&f->bytes, &f->len);
}

void data_file__close(struct data_file *f, json_t *files, const char *name)
{
	alloc__close_stream(f->stream);
	json_object_set_new(files, name, json_string(f->bytes));
	free(f->bytes);
}

/*
 * A harmless look-alike for a character that means something to gnuplot, or in the page around the
 * plot; NULL: the character is harmless itself.
 */
static const char *look_alike(uint32_t cp)
{
	static const struct {
		char plain;
		const char *shown;
	} table[] = {
		{ '"', "”" },  { '\'', "’" }, { '`', "‘" },  { '<', "‹" },  { '>', "›" },
		{ '\\', "∖" }, { '&', "＆" }, { '{', "｛" }, { '}', "｝" }, { '|', "¦" },
		{ '$', "＄" }, { '\t', " " }, { '\n', " " },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (cp == (uint32_t)table[i].plain)
			return table[i].shown;
	return NULL;
}

json_t *chart__text(const char *text, size_t room)
{
	char *clean = format__clean(text, true), *shown;
	/* The end tells names apart as often as the beginning: "chase:~ng_set=64m, native". */
	size_t len = clean ? strlen(clean) : 0, nr = 0, all = 0, tail = room / 3;
	FILE *out = alloc__stream(&shown, &(size_t){ 0 });
	json_t *value;
	uint32_t cp;

	for (size_t i = 0; i < len; all++)
		i += utf8__decode(clean + i, len - i, &cp);
	for (size_t i = 0, used; i < len; i += used, nr++) {
		const char *other;

		used = utf8__decode(clean + i, len - i, &cp);
		other = look_alike(cp);
		if (all <= room || nr < room - 1 - tail || nr >= all - tail)
			fwrite(other ?: clean + i, 1, other ? strlen(other) : used, out);
		else if (nr == room - 1 - tail)
			fputc('~', out);
	}
	alloc__close_stream(out);
	value = json__text(*shown ? shown : "?");
	free(shown);
	free(clean);
	return value;
}

double chart__factor(const char *unit)
{
	return strcmp(unit, "ns") ? 1 : 1e-9;
}

static const char *axis_unit(const char *unit)
{
	return !strcmp(unit, "ns") ? "s" : !strcmp(unit, "bytes_per_s") ? "B/s" : "";
}

bool chart__is_rate(const char *unit)
{
	return !strcmp(unit, "bytes_per_s");
}

size_t name_index__of(json_t *names, const json_t *name)
{
	const json_t *known = json_object_get(names, json_string_value(name));
	size_t index = json_object_size(names);

	if (known)
		return (size_t)json_integer_value(known);
	json_object_set_new(names, json_string_value(name), json_integer((json_int_t)index));
	return index;
}

const char *name_index__at(const json_t *names, size_t index)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)names, name, value)
		if ((size_t)json_integer_value(value) == index)
			return name;
	return "?";
}

json_t *chart__new(const char *group, const char *kind, const char *script, json_t *title,
		   json_t *caption)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:i, s:{}, s:{}}", "group", group, "kind", kind,
			 "script", script, "title", title, "caption", caption, "row_height", 22,
			 "vars", "files");
}

void chart__set_number(json_t *chart, const char *name, double value)
{
	json_object_set_new(json_object_get(chart, "vars"), name,
			    json_real(isfinite(value) ? value : 0));
}

void chart__set_text(json_t *chart, const char *name, const char *value)
{
	json_object_set_new(json_object_get(chart, "vars"), name, json_string(value));
}

void chart__set_axis(json_t *chart, const char *axis, const char *unit, const char *what,
		     double most, bool logarithmic)
{
	struct format_scale scale = format__scale(unit, most, "µs");
	bool prefixes = logarithmic && *axis_unit(unit);
	char name[16];

	snprintf(name, sizeof(name), "%sunit", axis);
	chart__set_text(chart, name, prefixes ? axis_unit(unit) : "");
	snprintf(name, sizeof(name), "%sdiv", axis);
	chart__set_number(chart, name, prefixes ? 1 : chart__factor(unit) * scale.divisor);
	snprintf(name, sizeof(name), "%slabel", axis);
	json_object_set_new(json_object_get(chart, "vars"), name,
			    json_sprintf("%s%s%s%s%s", what, prefixes ? "" : " [",
					 prefixes ? "" : scale.shown, prefixes ? "" : "]",
					 logarithmic ? ", log scale" : ""));
}

const char *chart__cost_in_words(const char *unit)
{
	return chart__is_rate(unit) ? "bandwidth" :
	       strcmp(unit, "ns")   ? "cost of an operation" :
				      "time of an operation";
}

json_t *chart__in_words(double value, const char *unit)
{
	struct format_scale scale = format__scale(unit, fabs(value), "µs");
	json_t *number = format__quantity(value / scale.divisor), *both;

	both = json_sprintf("%s %s", json_string_value(number), scale.shown);
	json_decref(number);
	return both;
}

void range__stretch(struct range *r, double value, bool positive)
{
	if (!isfinite(value) || (positive && value <= 0))
		return;
	r->least = fmin(r->least, value);
	r->most = fmax(r->most, value);
}

double chart__number_of(const json_t *value)
{
	uint64_t number;

	if (json_is_number(value))
		return json_number_value(value);
	if (json_is_string(value) && !units__parse_size(json_string_value(value), &number))
		return (double)number;
	if (json_is_string(value) && !units__parse_time_ns(json_string_value(value), &number))
		return (double)number;
	return NAN;
}

static bool is_one_of(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/*
 * "s" (for values in ns), "B" or "", guessed from the key's name, since a document holds bare
 * numbers.
 */
static const char *key_unit(const char *key)
{
	static const char *const times[] = { "delay", "gap", NULL };
	static const char *const sizes[] = { "working_set", "stride",	   "page",
					     "pages",	    "guest_pages", NULL };

	if (strstr(key, "_ns") || is_one_of(times, key))
		return "s";
	return strstr(key, "bytes") || strstr(key, "size") || is_one_of(sizes, key) ? "B" : "";
}

json_t *chart__value_in_words(const char *key, const json_t *value)
{
	static const struct {
		const char *ending, *shown;
	} units[] = {
		{ "k", "KiB" }, { "m", "MiB" }, { "g", "GiB" }, { "t", "TiB" }, { "", "B" },
		{ "ns", "ns" }, { "us", "µs" }, { "ms", "ms" }, { "s", "s" },
	};
	const char *unit = key_unit(key), *shown = "";
	double number = chart__number_of(value);
	char text[64];
	size_t digits;
	json_t *words, *clean;

	if (*unit && number >= 0 && number < 1e18) {
		(*unit == 'B' ? units__format_size : units__format_time_ns)((uint64_t)number, text,
									    sizeof(text));
		digits = strspn(text, "0123456789.");
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (!strcmp(text + digits, units[i].ending) && (*unit == 'B') == (i < 5))
				shown = units[i].shown;
		words = number > 0 ? json_sprintf("%.*s %s", (int)digits, text, shown) :
				     json_string("0");
	} else if (json_is_string(value)) {
		words = json_incref((json_t *)value);
	} else {
		words = json_is_number(value) ? json_sprintf("%.9g", number) :
						json_string(json_is_true(value) ? "on" : "off");
	}
	clean = chart__text(json_string_value(words) ?: "?", SHORT_LABEL);
	json_decref(words);
	return clean;
}
