// SPDX-License-Identifier: GPL-2.0-or-later
/* Which functions changed between two hosts; see lab_trace_diff.h. */
#include "bench/commands/lab_trace_diff.h"

#include <errno.h>
#include <string.h>

#include "bench/lab/blame_print.h"
#include "bench/lab/blame_tree.h"
#include "bench/result/doc.h"

static json_t *to_json(const struct blame *blame, const struct paths *paths, const char *lane)
{
	json_t *cells = json_array();

	for (size_t i = 0; i < blame->nr; i++) {
		const struct blame_exit *e = &blame->exits[i];

		json_t *tree = e->why ? NULL :
					blame_tree__merge(json_object_get(e->touched[0], "tree"),
							  json_object_get(e->touched[1], "tree"));

		json_array_append_new(cells, json_pack("{s:s, s:o, s:o}", "label", e->label,
						       "blame", blame__to_json(blame, e->label),
						       "tree", tree ?: json_null()));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "schema", "hvbench.lab-blame/1", "lane", lane,
			 "base", paths->names[0], "new", paths->names[1], "cells", cells);
}

struct shown {
	const struct blame *blame;
	const char *names[2];
};

static int put(FILE *out, const struct renderer *format, void *arg)
{
	const struct shown *s = arg;

	blame__print(s->blame, s->names, format, out);
	return ferror(out) ? -EIO : 0;
}

static bool is_of_stacks(const struct renderer *format)
{
	return format && (format->shows & SHOW_STACKS_OF_TWO);
}

static bool has_tree(const json_t *doc)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		if (json_is_array(json_object_get(cell, "tree")))
			return true;
	return false;
}

static int report(struct lab_command *cmd, const struct blame *blame, const struct paths *paths)
{
	bool stacks = is_of_stacks(cmd->output.format) ||
		      (cmd->output.path && is_of_stacks(renderer__of_file(cmd->output.path)));
	struct shown shown = { blame, { paths->names[0], paths->names[1] } };
	json_t *doc = to_json(blame, paths, cmd->lane->name);
	int code = 0;

	if (!doc)
		code = error__set(&cmd->err, -ENOMEM, "out of memory");
	else if (stacks && !has_tree(doc))
		code = error__set(&cmd->err, -ENOENT,
				  "these results do not tell who called whom: they are of an older "
				  "hvbench, and have to be measured again");
	else
		code = lab_command__report(cmd, doc, put, &shown);

	json_decref(doc);
	return code;
}

/* Whether -w names the cell: by its label, or by the workload alone. */
static bool is_named(const json_t *cell, const char *list)
{
	const char *names[] = { doc__text(cell, "label"), doc__text(cell, "workload") };

	for (const char *p = list; *p; p += p[strcspn(p, ",")] ? strcspn(p, ",") + 1 : strlen(p))
		for (size_t i = 0; i < 2; i++)
			if (strlen(names[i]) == strcspn(p, ",") &&
			    !strncmp(names[i], p, strlen(names[i])))
				return true;
	return false;
}

/* A result given as a host may have more cells than were asked for. */
static void keep_named(json_t *doc, const char *list)
{
	json_t *cells = json_object_get(doc, "cells");

	for (size_t i = json_array_size(cells); i--;)
		if (!is_named(json_array_get(cells, i), list))
			json_array_remove(cells, i);
}

void trace_diff__run(struct lab_command *cmd, struct lab_side sides[2])
{
	struct blame blame = { 0 };
	struct paths paths;
	int code;

	paths__init(&paths);
	if (sides__measure(cmd, sides, 2, &paths))
		goto out;
	for (unsigned int i = 0; cmd->list && i < 2; i++)
		if (sides[i].document)
			keep_named(paths.docs[i], cmd->list);
	code = blame__init(&blame, paths.docs[0], paths.docs[1], &cmd->err);
	/* Nothing that was asked for is known. */
	if (!code && !blame.known)
		code = error__set(&cmd->err, -ENOENT, "no exit can be told apart by functions: %s",
				  blame.nr ? blame.exits[0].why : "nothing was measured");
	if (!code)
		code = report(cmd, &blame, &paths);
	if (code)
		lab_command__failed(cmd, NULL);
	sides__reported(cmd, sides, 2, &paths);
out:
	blame__free(&blame);
	paths__free(&paths);
}
