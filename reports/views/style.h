/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a format writes the parts of a view or a table. Text from a document is made safe to print
 * here and nowhere else: no control sequence reaches a terminal, no markup a page, no mention or
 * link an issue. Text made with a style's escape() is "ready" for the formats of that style, and is
 * written unchanged.
 */
#ifndef HVBENCH_STYLE_H
#define HVBENCH_STYLE_H

#include <jansson.h>
#include <stddef.h>

struct view_style {
	/* Makes text of any origin safe to print; the caller frees it, NULL: out of memory. */
	char *(*escape)(const char *text);
	const char *dash;    /* between the ends of an interval */
	const char *differs; /* after what differs from the expected */
	const char *micro;
	const char *times; /* in "sockets x cores" */
	const char *plus_minus;
};

/* Plain: texts unchanged, for formats that quote or clean them themselves (CSV, JSON). */
extern const struct view_style style_markdown, style_html, style_plain;

/* Text of any origin as a new JSON string that is safe to print; "" when memory is out. */
json_t *style__escaped(const struct view_style *style, const char *text);
/* The same, cut to `most` bytes and "..." behind them, between characters. */
json_t *style__escaped_short(const struct view_style *style, const char *text, size_t most);

/* The style for the terminal: UTF-8 or ASCII, by the user's LC_CTYPE. */
const struct view_style *style__terminal(void);

#endif
