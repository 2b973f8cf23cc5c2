// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/clean_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/utf8.h"

#define LONGEST 13 /* "\u{10ffff}" and the NUL, with room to spare */

static const char cut_mark[] = "…";

/* Writes one character in the form in which it is shown; returns its length. */
static size_t one(char *to, const char *from, size_t len, size_t *used)
{
	uint32_t cp;

	*used = utf8__decode(from, len, &cp);
	if (cp == UTF8_INVALID || (cp < 0x80 && utf8__is_unsafe(cp)))
		return (size_t)snprintf(to, LONGEST, "\\x%02x", (unsigned char)*from);
	if (utf8__is_unsafe(cp))
		return (size_t)snprintf(to, LONGEST, "\\u{%x}", cp);
	memcpy(to, from, *used);
	return *used;
}

size_t clean_text(char *to, size_t room, const char *from, size_t len)
{
	size_t mark = sizeof(cut_mark) - 1, at = 0, last = 0, used, n;
	char shown[LONGEST];

	for (size_t i = 0; i < len; i += used) {
		n = one(shown, from + i, len - i, &used);
		if (at + n + 1 > room) {
			/*
			 * The mark goes to the last place between characters where it still fits.
			 */
			memcpy(to + last, cut_mark, mark);
			at = last + mark;
			break;
		}
		memcpy(to + at, shown, n);
		at += n;
		if (at + mark + 1 <= room)
			last = at;
	}
	to[at] = '\0';
	return at;
}

void clean_text__in_place(char *text, size_t room)
{
	size_t len = strnlen(text, room);
	char copy[len + 1];

	memcpy(copy, text, len);
	clean_text(text, room, copy, len);
}
