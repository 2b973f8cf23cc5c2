// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Markdown as GitHub reads it, for issues and reviews. Text from documents is in code spans: see
 * style.c.
 */
#include <errno.h>
#include <string.h>

#include "reports/formats/report.h"
#include "reports/views/run_view.h"
#include "reports/views/table.h"

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
		fprintf(out, "\n%s%s\n", *text_of(item, "text") == '~' ? "\\" : "", text_of(item, "text"));
	return fflush(out) || ferror(out) ? -(errno ?: EIO) : 0;
}

int view__render_markdown(json_t *(*build)(const json_t *doc, const struct view_style *look),
			  const json_t *doc, FILE *out)
{
	json_t *view = build(doc, &style_markdown);
	int ret = view ? put_view(view, out) : -ENOMEM;

	json_decref(view);
	return ret;
}

static int render(const json_t *doc, FILE *out, const struct report_options *opts)
{
	(void)opts;
	return view__render_markdown(view__build, doc, out);
}

const struct renderer renderer_markdown = {
	.name = "md", .what = "Markdown with tables, for issues and reviews", .render = render,
};
