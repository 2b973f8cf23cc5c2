// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/clean_text.h"

/* Whether a spreadsheet would evaluate the text. A number may have its sign. */
static bool is_formula(const char *text)
{
	char *end;

	/* Some spreadsheets find a formula behind blanks too. */
	text += strspn(text, " ");
	if (!*text || !strchr("=+-@", *text))
		return false;
	strtod(text, &end);
	return end == text || *end;
}

static void put(FILE *out, const char *text, bool quoted)
{
	size_t len = strlen(text);
	char *clean = alloc__need(CLEAN_TEXT_ROOM(len));

	clean_text(clean, CLEAN_TEXT_ROOM(len), text, len);
	quoted |= strpbrk(clean, ",\"") || *clean == ' ';
	if (quoted)
		fputc('"', out);
	if (is_formula(clean))
		fputc('\'', out);
	for (const char *at = clean; *at; at++) {
		if (*at == '"')
			fputc('"', out);
		fputc(*at, out);
	}
	if (quoted)
		fputc('"', out);
	free(clean);
}

void csv__text(FILE *out, const char *text)
{
	put(out, text, false);
}

void csv__quoted(FILE *out, const char *text)
{
	put(out, text, true);
}
