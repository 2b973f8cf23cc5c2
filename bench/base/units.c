// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers and names people write: see units.h. Parsing is exact integer arithmetic throughout: no
 * rounding, and no dependence on the locale.
 */
#include "bench/base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAX_FRACTION_DIGITS 18

struct unit {
	const char *name;
	uint64_t factor;
};

/* Smallest unit first; the formatters rely on it. */
static const struct unit size_units[] = {
	{ "", 1 },	     { "k", 1ull << 10 }, { "m", 1ull << 20 },
	{ "g", 1ull << 30 }, { "t", 1ull << 40 }, { NULL, 0 },
};

static const struct unit time_units[] = {
	{ "", 1 }, { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }, { NULL, 0 },
};

static const struct unit span_units[] = {
	{ "", 1000000000 },  { "ns", 1 },	   { "us", 1000 },	   { "ms", 1000000 },
	{ "s", 1000000000 }, { "m", 60000000000 }, { "min", 60000000000 }, { "h", 3600000000000 },
	{ NULL, 0 },
};

struct decimal {
	uint64_t whole;
	uint64_t fraction; /* over `scale` */
	uint64_t scale;	   /* a power of ten */
};

static int take_digits(const char **text, uint64_t *value)
{
	const char *p = *text;

	*value = 0;
	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		if (__builtin_mul_overflow(*value, 10u, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value))
			return -ERANGE;
	}
	*text = p;
	return 0;
}

static int take_fraction(const char **text, struct decimal *d)
{
	const char *p = *text + 1, *end;

	for (end = p; isdigit((unsigned char)*end); end++)
		;
	if (end == p)
		return -EINVAL;
	*text = end;
	while (end > p && end[-1] == '0')
		end--;
	if (end - p > MAX_FRACTION_DIGITS)
		return -EINVAL;
	for (; p < end; p++) {
		d->fraction = d->fraction * 10 + (uint64_t)(*p - '0');
		d->scale *= 10;
	}
	return 0;
}

static int take_decimal(const char **text, struct decimal *d)
{
	int ret;

	*d = (struct decimal){ .scale = 1 };
	ret = take_digits(text, &d->whole);
	if (!ret && **text == '.')
		ret = take_fraction(text, d);
	return ret;
}

static int scale_decimal(const struct decimal *d, uint64_t factor, uint64_t *value)
{
	unsigned __int128 part = (unsigned __int128)d->fraction * factor;
	uint64_t whole;

	if (part % d->scale)
		return -EINVAL;
	if (__builtin_mul_overflow(d->whole, factor, &whole) ||
	    __builtin_add_overflow(whole, (uint64_t)(part / d->scale), value))
		return -ERANGE;
	return 0;
}

int units__parse_size(const char *text, uint64_t *bytes)
{
	const struct unit *unit = size_units;
	struct decimal d;
	int ret;

	ret = take_decimal(&text, &d);
	if (ret)
		return ret;
	for (const struct unit *u = size_units + 1; u->name; u++) {
		if (tolower((unsigned char)*text) == u->name[0])
			unit = u;
	}
	if (unit != size_units)
		text++;
	if (*text && strcasecmp(text, "b") && (unit == size_units || strcasecmp(text, "ib")))
		return -EINVAL;
	return scale_decimal(&d, unit->factor, bytes);
}

static int parse_time(const char *text, const struct unit *units, uint64_t *ns)
{
	struct decimal d;
	int ret;

	ret = take_decimal(&text, &d);
	if (ret)
		return ret;
	for (const struct unit *u = units; u->name; u++) {
		if (!strcmp(text, u->name))
			return scale_decimal(&d, u->factor, ns);
	}
	return -EINVAL;
}

int units__parse_time_ns(const char *text, uint64_t *ns)
{
	return parse_time(text, time_units, ns);
}

int units__parse_span_ns(const char *text, uint64_t *ns)
{
	return parse_time(text, span_units, ns);
}

int units__parse_count(const char *text, uint64_t *count)
{
	int ret;

	if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X')) {
		ret = take_digits(&text, count);
		return ret ? ret : *text ? -EINVAL : 0;
	}
	text += 2;
	if (!*text)
		return -EINVAL;
	for (*count = 0; *text; text++) {
		int c = tolower((unsigned char)*text);

		if (!isxdigit(c))
			return -EINVAL;
		if (*count >> 60)
			return -ERANGE;
		*count = *count << 4 | (uint64_t)(isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	return 0;
}

/* value / factor as an exact decimal of at least 1. False if there is none of reasonable length. */
static bool format_exactly(uint64_t value, const struct unit *u, char *buf, size_t len)
{
	uint64_t rest = value % u->factor;
	int n;

	if (value / u->factor == 0)
		return false;
	n = snprintf(buf, len, "%" PRIu64 "%s", value / u->factor, rest ? "." : "");
	while (rest && (size_t)n + 4 < len) {
		unsigned __int128 tenfold = (unsigned __int128)rest * 10;

		buf[n++] = (char)('0' + (int)(tenfold / u->factor));
		rest = (uint64_t)(tenfold % u->factor);
	}
	if (rest)
		return false;
	snprintf(buf + n, len - (size_t)n, "%s", u->name);
	return true;
}

/* The shortest form; of equally short ones the one in the smaller unit, which has no fraction. */
static char *format_shortest(uint64_t value, const struct unit *units, char *buf, size_t len)
{
	char best[32] = "", text[32];

	for (const struct unit *u = units; u->name; u++) {
		size_t now, before = strlen(best);

		if (!format_exactly(value, u, text, sizeof(text)))
			continue;
		now = strlen(text);
		if (!before || now < before)
			strcpy(best, text);
	}
	snprintf(buf, len, "%s", best[0] ? best : "0");
	return buf;
}

char *units__format_size(uint64_t bytes, char *buf, size_t len)
{
	return format_shortest(bytes, size_units, buf, len);
}

char *units__format_time_ns(uint64_t ns, char *buf, size_t len)
{
	return format_shortest(ns, time_units + 1, buf, len);
}

char *units__format_brief_ns(double ns, char *buf, size_t len)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	unsigned int unit = 0;

	while (ns >= 999.5 && unit < 3) {
		ns /= 1000;
		unit++;
	}
	snprintf(buf, len, "%.*f %s",
		 unit == 0 || ns >= 99.95 ? 0 :
		 ns >= 9.995		  ? 1 :
					    2,
		 ns, units[unit]);
	return buf;
}

char *units__format_rounds(double least, double most, char *buf, size_t len)
{
	if (most > least)
		snprintf(buf, len, "%.0f to %.0f rounds", least, most);
	else
		snprintf(buf, len, "%.0f round%s", least, least == 1 ? "" : "s");
	return buf;
}
