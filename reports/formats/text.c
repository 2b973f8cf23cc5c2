// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text for the terminal, for users who know what an exit is. Uses characters beyond ASCII only if
 * the user's LC_CTYPE is UTF-8.
 */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "reports/formats/format.h"
#include "reports/formats/report.h"
#include "reports/views/run_view.h"
#include "reports/views/table_text.h"
#include "reports/views/terminal.h"
#include "reports/views/views.h"

#define INDENT 2

/* Lines are broken between parts; a part is broken only if it is wider than a line. */
static void put_header_line(const struct terminal *t, const json_t *parts)
{
	size_t i, at = 0, width;
	const json_t *part;

	json_array_foreach(parts, i, part) {
		width = format__width(json_string_value(part));
		if (i && t->width && at + 2 + width > t->width) {
			fputs(",\n", t->file);
			terminal__pad(t, INDENT);
			at = INDENT;
		} else if (i) {
			fputs(", ", t->file);
			at += 2;
		}
		if (t->width && at + width > t->width) {
			at = terminal__words(t, json_string_value(part), at, INDENT,
					     i ? "" : TERMINAL_BOLD);
		} else {
			terminal__paint(t, i ? "" : TERMINAL_BOLD, json_string_value(part));
			at += width;
		}
	}
	fputc('\n', t->file);
}

static const char *text_of(const json_t *object, const char *field)
{
	return json_string_value(json_object_get(object, field)) ?: "";
}

/* `shown`: the titles of columns that at least one table shows. */
static void put_remarks(const struct terminal *t, const json_t *remarks, const json_t *shown)
{
	const json_t *remark;
	bool any = false;
	size_t i;

	json_array_foreach(remarks, i, remark) {
		const char *column = text_of(remark, "column");

		if (*column && !json_object_get(shown, column))
			continue;
		if (!any)
			fputc('\n', t->file);
		any = true;
		terminal__wrapped(t, text_of(remark, "text"), 0, 0, "");
	}
}

static int put_view(const json_t *view, FILE *file, const struct report_options *opts)
{
	const struct terminal t = { .file = file, .width = opts->width, .color = opts->color };
	json_t *shown = json_object();
	const json_t *part;
	size_t i;

	json_array_foreach(json_object_get(view, "header"), i, part)
		put_header_line(&t, part);
	json_array_foreach(json_object_get(view, "tables"), i, part)
		table_text__put(part, &t, shown);
	put_remarks(&t, json_object_get(view, "remarks"), shown);
	json_decref(shown);
	return fflush(file) || ferror(file) ? -(errno ?: EIO) : 0;
}

/* The terminal uses the user's locale, whether or not the program has set it. */
static int render_view(view_builder *build, const json_t *doc, FILE *file,
		       const struct report_options *opts)
{
	locale_t users = newlocale(LC_CTYPE_MASK, "", (locale_t)0), before = (locale_t)0;
	int ret = -ENOMEM;
	json_t *view;

	if (!users && errno == ENOMEM)
		alloc__fail();
	if (users)
		before = uselocale(users);
	view = build(doc, style__terminal());
	if (view)
		ret = put_view(view, file, opts);
	json_decref(view);
	if (users) {
		uselocale(before);
		freelocale(users);
	}
	return ret;
}

static int render(enum show what, const json_t *doc, FILE *file, const struct report_options *opts)
{
	return what == SHOW_TABLE ? -EINVAL : render_view(view__of(what), doc, file, opts);
}

static void put_table(const json_t *table, FILE *out, const struct terminal *look)
{
	struct terminal terminal = look ? *look : (struct terminal){ .width = 0 };

	terminal.file = out;
	table_text__put(table, &terminal, NULL);
}

DEFINE_RENDERER(text) = {
	.name = "text",
	.what = "aligned tables for a terminal",
	.endings = ".txt .text",
	.order = 10,
	.shows = SHOW_RESULT | SHOW_COMPARISON | SHOW_TREND | SHOW_GATE | SHOW_LIST | SHOW_FLEET |
		 SHOW_DOCTOR | SHOW_TABLE,
	.render = render,
	.table = put_table,
};
