// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers and texts for people; see format.h. */
#include "reports/formats/format.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uniwidth.h>

#include "bench/base/alloc.h"
#include "bench/base/clean_text.h"
#include "bench/base/utf8.h"
#include "bench/result/doc.h"

/* Terminals that only show ASCII get '?' for everything else. */
static void to_ascii(char *text)
{
	char *to = text;
	uint32_t cp;

	for (size_t left = strlen(text), used; left; left -= used, text += used) {
		used = utf8__decode(text, left, &cp);
		*to++ = cp < 0x80 ? (char)cp : '?';
	}
	*to = '\0';
}

char *format__clean(const char *text, bool utf8)
{
	size_t len = strlen(text);
	char *clean = alloc__need(CLEAN_TEXT_ROOM(len));

	len = clean_text(clean, CLEAN_TEXT_ROOM(len), text, len);
	if (!utf8)
		to_ascii(clean);
	return realloc(clean, len + 1) ?: clean;
}

size_t format__width(const char *clean)
{
	return (size_t)u8_strwidth((const uint8_t *)clean, "UTF-8");
}

/* Turns "-1234567.8" into "-1,234,567.8"; the decimal point of any locale becomes a dot. */
static void separate_thousands(char *to, const char *from)
{
	size_t digits;

	if (*from == '-')
		*to++ = *from++;
	for (digits = strspn(from, "0123456789"); digits; digits--) {
		*to++ = *from++;
		if (digits > 1 && digits % 3 == 1)
			*to++ = ',';
	}
	if (*from) {
		*to++ = '.';
		for (; *from; from++)
			if (isdigit((unsigned char)*from))
				*to++ = *from;
	}
	*to = '\0';
}

json_t *format__fixed(double value, int decimals)
{
	char plain[64], separated[96];

	if (!isfinite(value))
		return json_string("");
	if (fabs(value) >= 1e15)
		return json_sprintf("%.0e", value);
	/* Avoid "-0": users would take it for an error. */
	if (fabs(value) < 0.5 * pow(10, -decimals))
		value = 0;
	snprintf(plain, sizeof(plain), "%.*f", decimals, value);
	separate_thousands(separated, plain);
	return json_string(separated);
}

json_t *format__quantity(double value)
{
	double size = fabs(value);

	return format__fixed(value, size < 9.995 ? 2 : size < 999.95 ? 1 : 0);
}

struct format_scale format__scale(const char *unit, double least, const char *micro)
{
	static const struct {
		const char *unit;
		double from, divisor;
		const char *shown;
	} scales[] = {
		{ "ns", 1e7, 1e6, "ms" },
		{ "ns", 1e4, 1e3, NULL },
		{ "ns", -INFINITY, 1, "ns" },
		{ "bytes_per_s", 1e8, 1e9, "GB/s" },
		{ "bytes_per_s", -INFINITY, 1e6, "MB/s" },
	};

	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++)
		if (!strcmp(scales[i].unit, unit) && least >= scales[i].from)
			return (struct format_scale){ scales[i].divisor, scales[i].shown ?: micro };
	/* Rows of a history do not come from checked documents. */
	return (struct format_scale){ 1, !strcmp(unit, "insn")	 ? "instructions" :
					 !strcmp(unit, "cycles") ? "cycles" :
								   "?" };
}

double format__units_per_ns(const json_t *cell)
{
	const char *unit = doc__text(cell, "unit");

	if (!strcmp(unit, "ns"))
		return 1;
	return strcmp(unit, "insn") && strcmp(unit, "cycles") ? NAN :
								doc__number(cell, "tsc_khz") / 1e6;
}

void format__put_markup(const char *text, FILE *out)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

const char *format__before_kernel(const char *virt)
{
	return strcmp(virt, "xen") ? "Linux " : "Xen ";
}

const char *format__before_virt(const char *virt)
{
	if (!strcmp(virt, "none") || !strcmp(virt, "xen"))
		return NULL;
	return strcmp(virt, "tcg") ? "KVM on " : "guests run in software by ";
}
