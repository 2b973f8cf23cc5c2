// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decoding follows the table of well-formed sequences of the Unicode Standard (3.9, table 3-7):
 * once the second byte's range has been checked, no separate test for overlong forms is needed.
 */
#include "bench/base/utf8.h"

#include <stdlib.h>
#include <string.h>

struct lead {
	uint8_t first, last;		/* range of the lead byte */
	uint8_t low, high;		/* range of the second byte */
	uint8_t length;
};

static const struct lead leads[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static const struct lead *find_lead(uint8_t byte)
{
	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
		if (byte >= leads[i].first && byte <= leads[i].last)
			return &leads[i];
	return NULL;
}

size_t utf8__decode(const char *s, size_t len, uint32_t *codepoint)
{
	const uint8_t *b = (const uint8_t *)s;
	const struct lead *lead;
	uint32_t value;

	*codepoint = b[0] < 0x80 ? b[0] : UTF8_INVALID;
	if (b[0] < 0x80)
		return 1;
	lead = find_lead(b[0]);
	if (!lead || lead->length > len || b[1] < lead->low || b[1] > lead->high)
		return 1;
	value = b[0] & (0x7f >> lead->length);
	for (size_t i = 1; i < lead->length; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (b[i] & 0x3f);
	}
	*codepoint = value;
	return lead->length;
}

char *utf8__sanitize(const char *s, size_t len)
{
	char *copy = len < SIZE_MAX / 4 ? malloc(3 * len + 1) : NULL;
	char *to = copy;
	uint32_t cp;

	if (!copy)
		return NULL;
	for (size_t i = 0, used; i < len; i += used) {
		used = utf8__decode(s + i, len - i, &cp);
		if (cp == UTF8_INVALID) {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
		} else {
			memcpy(to, s + i, used);
			to += used;
		}
	}
	*to = '\0';
	return copy;
}

bool utf8__is_unsafe(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0xad || cp == 0x61c ||
	       cp == 0x180e || (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || (cp >= 0xe000 && cp <= 0xf8ff) || cp == 0xfeff ||
	       (cp >= 0xfff9 && cp <= 0xfffb) || (cp & 0xfffe) == 0xfffe || cp >= 0xe0000;
}

void utf8__mask(char *text)
{
	uint32_t cp;

	for (size_t left = strlen(text), used; left; left -= used, text += used) {
		used = utf8__decode(text, left, &cp);
		if (cp == UTF8_INVALID || utf8__is_unsafe(cp))
			memset(text, '?', used);
	}
}
