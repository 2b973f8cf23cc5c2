// SPDX-License-Identifier: GPL-2.0-or-later
/* Which functions changed between two hosts; see lab_trace_diff.h. */
#include "bench/commands/lab_trace_diff.h"

#include <errno.h>
#include <string.h>

#include "bench/lab/blame_print.h"

static json_t *to_json(const struct blame *blame, const struct paths *paths, const char *lane)
{
	json_t *cells = json_array();

	for (size_t i = 0; i < blame->nr; i++) {
		const struct blame_exit *e = &blame->exits[i];

		json_array_append_new(cells, json_pack("{s:s, s:o}", "label", e->label, "blame",
						       blame__to_json(blame, e->label)));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "schema", "hvbench.lab-blame/1", "lane", lane,
			 "base", paths->names[0], "new", paths->names[1], "cells", cells);
}

static int report(struct lab_command *cmd, const struct blame *blame, const struct paths *paths,
		  const char *format)
{
	const char *const names[2] = { paths->names[0], paths->names[1] };
	json_t *doc = to_json(blame, paths, cmd->lane->name);
	int code = 0;

	if (!doc)
		return error__set(&cmd->err, -ENOMEM, "out of memory");
	if (cmd->output.path)
		code = output__save(cmd->output.path, &renderer_json, SHOW_TABLE, doc, &cmd->err);
	if (!code && !strcmp(format, "json"))
		code = output__show(&renderer_json, SHOW_TABLE, doc, &cmd->err);
	else if (!code)
		blame__print(blame, names, renderer__find(format, SHOW_TABLE) ?: &renderer_text,
			     stdout);
	json_decref(doc);
	return code;
}

void trace_diff__run(struct lab_command *cmd, struct lab_side sides[2], const char *format)
{
	struct blame blame = { 0 };
	struct paths paths;
	int code;

	paths__init(&paths);
	if (sides__measure(cmd, sides, 2, &paths))
		goto out;
	code = blame__init(&blame, paths.docs[0], paths.docs[1], &cmd->err);
	/* Nothing that was asked for is known. */
	if (!code && !blame.known)
		code = error__set(&cmd->err, -ENOENT, "no exit can be told apart by functions: %s",
				  blame.nr ? blame.exits[0].why : "nothing was measured");
	if (!code)
		code = report(cmd, &blame, &paths, format);
	if (code)
		lab_command__failed(cmd, NULL);
	sides__reported(cmd, sides, 2, &paths);
out:
	blame__free(&blame);
	paths__free(&paths);
}
