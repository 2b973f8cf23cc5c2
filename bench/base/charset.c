// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/charset.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define DOTS "…"

/* The user's locale for characters, as setlocale(LC_CTYPE, "") looks for it. */
static const char *locale_name(void)
{
	static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			return value;
	}
	return "C";
}

/*
 * Most names say it behind a dot. That is believed whether or not the locale is installed, since it
 * is the terminal's; and it takes no memory: after an allocation that failed, newlocale() takes a
 * locale for one that is not installed, for good.
 */
bool charset__is_utf8(void)
{
	const char *name = locale_name(), *codeset = strchr(name, '.');
	locale_t users;
	bool utf8;

	if (codeset)
		return !strncasecmp(codeset + 1, "utf-8", 5) ||
		       !strncasecmp(codeset + 1, "utf8", 4);
	users = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
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
