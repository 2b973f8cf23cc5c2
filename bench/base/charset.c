// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/charset.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>

#include "bench/base/alloc.h"

#define DOTS "…"

bool charset__is_utf8(void)
{
	locale_t users = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8;

	/*
	 * Where memory is short errno does not always say so. Once more: a locale that is still not
	 * there is not installed, and counts as "C".
	 */
	if (!users)
		users = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	if (!users && errno == ENOMEM)
		alloc__fail();
	if (!users)
		return false;
	utf8 = !strcmp(nl_langinfo_l(CODESET, users), "UTF-8");
	freelocale(users);
	return utf8;
}

const char *charset__dots(void)
{
	return charset__is_utf8() ? DOTS : "...";
}

void charset__put(FILE *out, const char *text, size_t len, bool utf8)
{
	for (const char *end = text + len, *dots; text < end; text = dots) {
		dots = utf8 ? NULL : memmem(text, (size_t)(end - text), DOTS, sizeof(DOTS) - 1);
		fwrite(text, 1, (size_t)((dots ?: end) - text), out);
		if (!dots)
			return;
		fputs("...", out);
		dots += sizeof(DOTS) - 1;
	}
}
