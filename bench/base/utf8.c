// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

size_t utf8__decode(const char *s, size_t len, uint32_t *codepoint)
{
	ucs4_t c;
	int used;

	if ((unsigned char)*s < 0x80) {
		*codepoint = (unsigned char)*s;
		return 1;
	}
	used = u8_mbtoucr(&c, (const uint8_t *)s, len);
	*codepoint = used > 0 ? c : UTF8_INVALID;
	return used > 0 ? (size_t)used : 1;
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
	const uint32_t kinds = UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Co |
			       UC_CATEGORY_MASK_Cs | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp;

	if (cp < 0x80)
		return cp < 0x20 || cp == 0x7f;
	return cp > 0x10ffff || uc_is_general_category_withtable(cp, kinds) ||
	       uc_is_property_default_ignorable_code_point(cp) ||
	       uc_is_property_not_a_character(cp);
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
