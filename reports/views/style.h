/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a format writes what a view or a table is made of. Here, and nowhere else, is text of a document made fit to be
 * printed: no control sequence reaches a terminal, no markup a page, no mention or link an issue. What is made with the
 * escape() of a style is "ready" for the formats of that style, and written as it is.
 */
#ifndef HVBENCH_STYLE_H
#define HVBENCH_STYLE_H

struct view_style {
	/* Makes text of whoever's fit to print; the caller frees it, NULL: out of memory. */
	char *(*escape)(const char *text);
	const char *dash;	/* between the ends of an interval */
	const char *differs;	/* behind what is not as expected */
	const char *micro;
	const char *times;	/* sockets x cores */
	const char *plus_minus;
};

/* Plain: texts as they are, for what quotes or cleans them by itself (CSV, JSON). */
extern const struct view_style style_utf8, style_ascii, style_markdown, style_html, style_plain;

/* Of the terminal: UTF-8 or ASCII, by the user's LC_CTYPE. */
const struct view_style *style__terminal(void);

#endif
