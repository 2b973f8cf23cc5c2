// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Markdown as GitHub reads it, for issues and reviews. Text from documents is in code spans: see
 * style.c.
 */
#include <errno.h>
#include <string.h>

#include "reports/formats/report.h"
#include "reports/views/run_view.h"
#include "reports/views/table_markdown.h"
#include "reports/views/views.h"

static const char *text_of(const json_t *object, const char *field)
{
	return json_string_value(json_object_get(object, field)) ?: "";
}

static int put_view(const json_t *view, FILE *out)
{
	const json_t *item, *part;
	size_t i, j;

	json_array_foreach(json_object_get(view, "header"), i, item) {
		json_array_foreach(item, j, part)
			fprintf(out, "%s%s", j ? ", " : "", json_string_value(part));
		fputs("  \n", out);
	}
	json_array_foreach(json_object_get(view, "tables"), i, item)
		table_markdown__put(item, out);
	json_array_foreach(json_object_get(view, "remarks"), i, item)
		fprintf(out, "\n%s%s\n", *text_of(item, "text") == '~' ? "\\" : "",
			text_of(item, "text"));
	return fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

static int render_view(view_builder *build, const json_t *doc, FILE *out)
{
	json_t *view = build(doc, &style_markdown);
	int ret = view ? put_view(view, out) : -ENOMEM;

	json_decref(view);
	return ret;
}

static int render(enum show what, const json_t *doc, FILE *out, const struct report_options *opts)
{
	(void)opts;
	return what == SHOW_TABLE ? -EINVAL : render_view(view__of(what), doc, out);
}

static void put_table(const json_t *table, FILE *out, const struct terminal *look)
{
	(void)look;
	table_markdown__put(table, out);
}

DEFINE_RENDERER(markdown) = {
	.name = "md",
	.what = "Markdown with tables, for issues and reviews",
	.endings = ".md .markdown",
	.order = 40,
	.shows = SHOW_RESULT | SHOW_COMPARISON | SHOW_TREND | SHOW_GATE | SHOW_LIST | SHOW_FLEET |
		 SHOW_DOCTOR | SHOW_TABLE,
	.render = render,
	.table = put_table,
	.style = &style_markdown,
};
