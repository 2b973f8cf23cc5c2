// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/openmetrics.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 128
#define MAX_DIGITS 24

/* The limits, as powers of two of ns: le is one ns less, as our buckets hold whole ns. */
#define FIRST_LIMIT 8
#define LAST_LIMIT  30
#define LIMIT_STEP  2

/* As %.10g has them; tests/unit/base/test_openmetrics.c compares. */
static const char *const limits[] = {
	"2.55e-07",    "1.023e-06",   "4.095e-06",   "1.6383e-05",  "6.5535e-05",  "0.000262143",
	"0.001048575", "0.004194303", "0.016777215", "0.067108863", "0.268435455", "1.073741823",
};

_Static_assert(sizeof(limits) / sizeof(*limits) == (LAST_LIMIT - FIRST_LIMIT) / LIMIT_STEP + 1,
	       "a text for each limit");

/* Where the next `len` bytes go; NULL: there is no memory. */
static char *text__reserve(struct openmetrics_text *t, size_t len)
{
	size_t room = t->room ?: FIRST_ROOM;
	char *at;

	if (t->failed)
		return NULL;
	if (t->len + len <= t->room)
		return t->at + t->len;
	while (room < t->len + len)
		room *= 2;
	at = realloc(t->at, room);
	if (!at) {
		t->failed = true;
		return NULL;
	}
	t->at = at;
	t->room = room;
	return at + t->len;
}

static void text__add(struct openmetrics_text *t, const char *text, size_t len)
{
	char *to = len ? text__reserve(t, len) : NULL;

	if (!to)
		return;
	memcpy(to, text, len);
	t->len += len;
}

static void text__add_string(struct openmetrics_text *t, const char *text)
{
	text__add(t, text, strlen(text));
}

void openmetrics__label(struct openmetrics_text *labels, const char *name, const char *value)
{
	if (!*value)
		return;
	if (labels->len)
		text__add(labels, ",", 1);
	text__add_string(labels, name);
	text__add(labels, "=\"", 2);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			text__add(labels, "\\", 1);
		if (*value == '\n')
			text__add(labels, "\\n", 2);
		else
			text__add(labels, value, 1);
	}
	text__add(labels, "\"", 1);
}

void openmetrics__labels(struct openmetrics_text *labels, const struct openmetrics_text *more)
{
	if (labels->len && more->len)
		text__add(labels, ",", 1);
	text__add(labels, more->at, more->len);
}

/*
 * Counters and information have a suffix, which belongs to the name of the family in 0.0.4, and to
 * that of the sample alone in OpenMetrics.
 */
void openmetrics__family(struct openmetrics *om, const char *name, enum openmetrics_type type,
			 const char *unit, const char *help)
{
	static const char *const types[] = { "counter", "gauge", "histogram", "summary", "info" };
	static const char *const suffixes[] = { "_total", "", "", "", "_info" };
	const char *of_family = om->classic ? suffixes[type] : "";
	const char *type_name = om->classic && type == OPENMETRICS_INFO ? "gauge" : types[type];
	char line[512];
	int len;

	om->name_len = (size_t)snprintf(om->name, sizeof(om->name), "%s%s", name, suffixes[type]);
	len = snprintf(line, sizeof(line), "# HELP %s%s %s\n# TYPE %s%s %s\n", name, of_family,
		       help, name, of_family, type_name);
	text__add(&om->text, line, (size_t)len);
	if (!unit || om->classic)
		return;
	len = snprintf(line, sizeof(line), "# UNIT %s %s\n", name, unit);
	text__add(&om->text, line, (size_t)len);
}

/* Digits to the end of `buf`; returns where they begin. */
static char *format_u64(uint64_t value, char *end)
{
	do {
		*--end = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	return end;
}

static char *put(char *to, const char *from, size_t len)
{
	memcpy(to, from, len);
	return to + len;
}

/* NAME SUFFIX {LABELS,EXTRA} VALUE; this is where the time of a scrape goes. */
static void put_sample(struct openmetrics *om, const char *suffix,
		       const struct openmetrics_text *labels, const char *extra, const char *value,
		       size_t value_len)
{
	size_t suffix_len = strlen(suffix), extra_len = strlen(extra);
	size_t labels_len = labels ? labels->len : 0;
	char *to = text__reserve(&om->text, om->name_len + suffix_len + labels_len + extra_len +
						    value_len + 8);
	char *begin = to;

	if (!to)
		return;
	to = put(to, om->name, om->name_len);
	to = put(to, suffix, suffix_len);
	if (labels_len || extra_len) {
		*to++ = '{';
		if (labels_len)
			to = put(to, labels->at, labels_len);
		if (labels_len && extra_len)
			*to++ = ',';
		to = put(to, extra, extra_len);
		*to++ = '}';
	}
	*to++ = ' ';
	to = put(to, value, value_len);
	*to++ = '\n';
	om->text.len += (size_t)(to - begin);
}

static void put_u64(struct openmetrics *om, const char *suffix,
		    const struct openmetrics_text *labels, const char *extra, uint64_t value)
{
	char digits[MAX_DIGITS], *end = digits + sizeof(digits);
	char *begin = format_u64(value, end);

	put_sample(om, suffix, labels, extra, begin, (size_t)(end - begin));
}

static void put_ns(struct openmetrics *om, const char *suffix,
		   const struct openmetrics_text *labels, uint64_t ns)
{
	char digits[2 * MAX_DIGITS], *end = digits + sizeof(digits), *begin = end;
	uint64_t rest = ns % 1000000000;

	for (int i = 0; i < 9; i++, rest /= 10)
		*--begin = (char)('0' + rest % 10);
	*--begin = '.';
	begin = format_u64(ns / 1000000000, begin);
	put_sample(om, suffix, labels, "", begin, (size_t)(end - begin));
}

void openmetrics__u64(struct openmetrics *om, const struct openmetrics_text *labels, uint64_t value)
{
	put_u64(om, "", labels, "", value);
}

void openmetrics__ns(struct openmetrics *om, const struct openmetrics_text *labels, uint64_t ns)
{
	put_ns(om, "", labels, ns);
}

static void put_number(struct openmetrics *om, const struct openmetrics_text *labels,
		       const char *extra, double value)
{
	char text[40];
	int len = snprintf(text, sizeof(text), "%.15g", value);

	if (!isfinite(value))
		return;
	/* Some locales have a comma. */
	for (char *c = text; *c; c++)
		if (*c == ',')
			*c = '.';
	put_sample(om, "", labels, extra, text, (size_t)len);
}

void openmetrics__number(struct openmetrics *om, const struct openmetrics_text *labels,
			 double value)
{
	put_number(om, labels, "", value);
}

void openmetrics__quantile(struct openmetrics *om, const struct openmetrics_text *labels,
			   const char *quantile, double value)
{
	char extra[40];

	snprintf(extra, sizeof(extra), "quantile=\"%s\"", quantile);
	put_number(om, labels, extra, value);
}

void openmetrics__count(struct openmetrics *om, const struct openmetrics_text *labels,
			uint64_t count)
{
	put_u64(om, "_count", labels, "", count);
}

void openmetrics__hist(struct openmetrics *om, const struct openmetrics_text *labels,
		       const struct hist *hist, uint64_t sum_ns)
{
	unsigned int bucket = 0, last = hist__bucket(hist->max);
	uint64_t below = 0;
	char extra[40];

	for (unsigned int i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		unsigned int end = hist__bucket(1ull << (FIRST_LIMIT + LIMIT_STEP * i));

		for (; bucket < end && bucket <= last; bucket++)
			below += hist->bucket[bucket];
		strcpy(stpcpy(stpcpy(extra, "le=\""), limits[i]), "\"");
		put_u64(om, "_bucket", labels, extra, below);
	}
	put_u64(om, "_bucket", labels, "le=\"+Inf\"", hist->count);
	put_ns(om, "_sum", labels, sum_ns);
	put_u64(om, "_count", labels, "", hist->count);
}

int openmetrics__end(struct openmetrics *om)
{
	/* A comment to a reader of 0.0.4. */
	text__add_string(&om->text, "# EOF\n");
	return om->text.failed ? -ENOMEM : 0;
}
