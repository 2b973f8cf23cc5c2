// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/style.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/charset.h"
#include "reports/formats/format.h"

static char *escape_utf8(const char *text)
{
	return format__clean(text, true);
}

static char *escape_ascii(const char *text)
{
	return format__clean(text, false);
}

/*
 * Text from a document is put into code spans: nowhere else in GitHub's Markdown are HTML, links,
 * mentions of people and references to issues all left alone. Inside one only backticks and, in a
 * table, bars matter. A backtick cannot be escaped, and the effect of a backslash before a bar
 * depends on those before it and on the version of the reader, so both are replaced by look-alikes.
 */
static char *code_span(const char *text)
{
	char *clean = format__clean(text, true), *span, *to;

	if (!clean || !*clean)
		return clean;
	span = to = alloc__need(2 * strlen(clean) + 3);
	*to++ = '`';
	for (const char *at = clean; *at; at++) {
		if (*at == '|')
			to = stpcpy(to, "¦");
		else
			*to++ = *at == '`' ? '\'' : *at;
	}
	strcpy(to, "`");
	free(clean);
	return span;
}

/* For text from a document: none of it becomes markup, and none of it is invisible. */
static char *escape_markup(const char *text)
{
	char *clean = format__clean(text, true), *escaped;
	size_t len;
	FILE *out = alloc__stream(&escaped, &len);

	format__put_markup(clean, out);
	alloc__close_stream(out);
	free(clean);
	return escaped;
}

static char *keep(const char *text)
{
	return alloc__text(text);
}

static const struct view_style style_utf8 = {
	.escape = escape_utf8,
	.dash = "–",
	.differs = "≠",
	.micro = "µs",
	.times = "×",
	.plus_minus = "±",
};
static const struct view_style style_ascii = {
	.escape = escape_ascii,
	.dash = "..",
	.differs = "!=",
	.micro = "us",
	.times = "x",
	.plus_minus = "+-",
};
const struct view_style style_markdown = {
	.escape = code_span,
	.dash = "–",
	.differs = "≠",
	.micro = "µs",
	.times = "×",
	.plus_minus = "±",
};
const struct view_style style_html = {
	.escape = escape_markup,
	.dash = "–",
	.differs = "≠",
	.micro = "µs",
	.times = "×",
	.plus_minus = "±",
};
const struct view_style style_plain = {
	.escape = keep,
	.dash = "-",
	.differs = "!=",
	.micro = "us",
	.times = "x",
	.plus_minus = "+-",
};

const struct view_style *style__terminal(void)
{
	return charset__is_utf8() ? &style_utf8 : &style_ascii;
}

json_t *style__escaped(const struct view_style *style, const char *text)
{
	char *clean = style->escape(text);
	json_t *value = clean ? json_string(clean) : NULL;

	free(clean);
	return value ?: json_string("");
}

json_t *style__escaped_short(const struct view_style *style, const char *text, size_t most)
{
	size_t len = most;
	char *clipped;
	json_t *value;

	if (strlen(text) <= most)
		return style__escaped(style, text);
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	clipped = alloc__need(len + sizeof("..."));
	sprintf(clipped, "%.*s...", (int)len, text);
	value = style__escaped(style, clipped);
	free(clipped);
	return value;
}
