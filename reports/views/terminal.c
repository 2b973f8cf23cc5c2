// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/terminal.h"

#include <string.h>

#include "reports/formats/format.h"

#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN  "\033[0m"

const char *terminal__color(const char *name)
{
	static const struct {
		const char *name, *sequence;
	} colors[] = {
		{ "red", RED },
		{ "green", GREEN },
		{ "yellow", YELLOW },
	};

	for (size_t i = 0; i < sizeof(colors) / sizeof(colors[0]); i++)
		if (!strcmp(name, colors[i].name))
			return colors[i].sequence;
	return "";
}

void terminal__paint(const struct terminal *t, const char *color, const char *text)
{
	if (t->color && *color)
		fprintf(t->file, "%s%s%s", color, text, PLAIN);
	else
		fputs(text, t->file);
}

void terminal__pad(const struct terminal *t, size_t columns)
{
	fprintf(t->file, "%*s", (int)columns, "");
}

size_t terminal__words(const struct terminal *t, const char *text, size_t at, size_t indent,
		       const char *color)
{
	char word[512];
	bool first = true;
	size_t len, width;

	while (*(text += strspn(text, " "))) {
		/* A word longer than the buffer is split, between characters. */
		len = strcspn(text, " ");
		if (len >= sizeof(word))
			for (len = sizeof(word) - 1; ((unsigned char)text[len] & 0xc0) == 0x80;
			     len--)
				;
		memcpy(word, text, len);
		word[len] = '\0';
		text += len;
		width = format__width(word);
		if (!first && t->width && at + 1 + width > t->width && at > indent) {
			fputc('\n', t->file);
			terminal__pad(t, indent);
			at = indent;
			first = true;
		}
		if (!first)
			fputc(' ', t->file);
		terminal__paint(t, color, word);
		at += width + !first;
		first = false;
	}
	return at;
}

void terminal__wrapped(const struct terminal *t, const char *text, size_t at, size_t indent,
		       const char *color)
{
	terminal__words(t, text, at, indent, color);
	fputc('\n', t->file);
}
