// SPDX-License-Identifier: GPL-2.0-or-later
/* What hvbench lab bisect found; see lab_bisect_report.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/commands/lab_bisect_report.h"
#include "bench/lab/blame_print.h"
#include "bench/lab/path_table.h"
#include "bench/result/doc.h"
#include "reports/views/style.h"

static const char *id_of(const struct bisect *b, size_t member, char *id, size_t len)
{
	snprintf(id, len, b->git ? "%.12s" : "%.80s", b->members.list[member].id);
	return id;
}

static const char *name_of(const struct bisect *b, size_t member, char *name, size_t len)
{
	const struct member *m = &b->members.list[member];
	char id[96];

	snprintf(name, len, "%s%s%.90s", id_of(b, member, id, sizeof(id)), *m->title ? " " : "",
		 m->title);
	return name;
}

/* The same in the format asked for. */
static const char *shown(const struct bisect *b, size_t member, const struct renderer *format,
			 char *name, size_t len)
{
	json_t *text;

	name_of(b, member, name, len);
	if (!format->style)
		return name;
	text = style__escaped(format->style, name);
	snprintf(name, len, "%s", json_string_value(text) ?: "");
	json_decref(text);
	return name;
}

static size_t nr_cells(const struct bisect *b)
{
	return json_array_size(json_object_get(bisect__result(b, b->first), "cells"));
}

static const char *label_of(const struct bisect *b, size_t cell)
{
	return doc__text(json_array_get(json_object_get(bisect__result(b, b->first), "cells"),
					cell),
			 "label");
}

/* With --all there is no good and bad, only what is different. */
static const char *verdict(const struct bisect *b, size_t member)
{
	if (!bisect__result(b, member))
		return "left out";
	return b->all ? "" : bisect__is_bad(b, member) ? "bad" : "good";
}

static json_t *member_json(const struct bisect *b, size_t member)
{
	const struct member *m = &b->members.list[member];

	return json_pack("{s:s, s:s}", "id", m->id, "title", m->title);
}

static json_t *number(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

static json_t *tested_json(const struct bisect *b, size_t member)
{
	json_t *object = member_json(b, member), *figures = json_object();
	const json_t *doc = bisect__result(b, member);
	const char *skipped = bisect__skipped(b, member);

	for (size_t c = 0; doc && c < nr_cells(b); c++)
		json_object_set_new(figures, label_of(b, c), number(bisect__figure(doc, c)));
	json_object_set_new(object, "verdict", json_string(verdict(b, member)));
	json_object_set_new(object, "why", *skipped ? json_string(skipped) : json_null());
	json_object_set_new(object, "figures", figures);
	return object;
}

static json_t *cells_json(const struct bisect *b, const struct bisect_step *step,
			  const struct blame *blame)
{
	json_t *cells = json_array();

	for (size_t c = 0; c < nr_cells(b); c++) {
		double from = bisect__figure(bisect__result(b, step->from), c);
		double to = bisect__figure(bisect__result(b, step->to), c);

		json_array_append_new(
			cells,
			json_pack("{s:s, s:o, s:o, s:o, s:o}", "label", label_of(b, c), "base",
				  number(from), "new", number(to), "difference", number(to - from),
				  "blame", blame__to_json(blame, label_of(b, c)) ?: json_null()));
	}
	return cells;
}

static json_t *step_json(const struct bisect *b, const struct bisect_step *step,
			 const struct blame *blame)
{
	json_t *between = json_array();

	for (size_t i = 0; i < step->nr_between; i++)
		json_array_append_new(between, member_json(b, step->between[i]));
	return json_pack("{s:o, s:o, s:o, s:o}", "from", member_json(b, step->from), "to",
			 member_json(b, step->to), "between", between, "cells",
			 cells_json(b, step, blame));
}

struct view {
	const struct bisect *b;
	struct blame *blames; /* of each step */
};

static json_t *to_json(const struct view *v)
{
	const struct bisect *b = v->b;
	json_t *tested = json_array(), *steps = json_array();

	for (size_t i = 0; i < b->nr_tested; i++)
		json_array_append_new(tested, tested_json(b, b->tested[i]));
	for (size_t i = 0; i < b->nr_steps; i++)
		json_array_append_new(steps, step_json(b, &b->steps[i], &v->blames[i]));
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:o, s:o}", "schema",
			 "hvbench.lab-bisect/1", "lane", b->cmd->lane->name, "source",
			 b->git	   ? "git" :
			 b->images ? "images" :
				     "debian",
			 "good", member_json(b, b->first), "bad", member_json(b, b->last), "all",
			 b->all, "tested", tested, "steps", steps);
}

/* For people: what was measured, in the order in which it was. */
static void put_tested(const struct bisect *b, FILE *out, const struct renderer *format)
{
	struct table table;
	char text[128];

	table__init(&table, format);
	table__space(&table, 0, 2);
	table__column(&table, b->git ? "commit" : "kernel", "left", 0);
	for (size_t c = 0; c < nr_cells(b); c++)
		table__column_of(&table, label_of(b, c), "right");
	if (!b->all)
		table__column(&table, "verdict", "left", 0);
	table__column(&table, b->git ? "subject" : "version", "left", 0);
	for (size_t i = 0; i < b->nr_tested; i++) {
		const json_t *doc = bisect__result(b, b->tested[i]);

		table__row(&table);
		table__text(&table, id_of(b, b->tested[i], text, sizeof(text)));
		for (size_t c = 0; c < nr_cells(b); c++) {
			const struct path_figure f = { .ok = doc && !isnan(bisect__figure(doc, c)),
						       .p50 = bisect__figure(doc, c) };

			table__figure(&table, "%s",
				      paths__format(&f, table__is_for_people(&table), text,
						    sizeof(text)));
		}
		if (!b->all)
			table__figure(&table, "%s", verdict(b, b->tested[i]));
		table__text(&table, doc ? b->members.list[b->tested[i]].title :
					  bisect__skipped(b, b->tested[i]));
	}
	table__put(&table, out, NULL);
	table__free(&table);
}

static void put_step(const struct view *v, size_t nr, FILE *out, const struct renderer *format)
{
	const struct bisect *b = v->b;
	const struct bisect_step *step = &b->steps[nr];
	char from[512], to[512];
	const char *const names[2] = { shown(b, step->from, format, from, sizeof(from)),
				       shown(b, step->to, format, to, sizeof(to)) };

	fprintf(out, "\n%s%s%s\n", b->all ? "step: " : "the first that is bad: ", to,
		step->nr_between ? ", or one of these, which could not be measured:" : "");
	for (size_t i = 0; i < step->nr_between; i++)
		fprintf(out, "%s%s\n", format->style ? "- " : "  ",
			shown(b, step->between[i], format, from, sizeof(from)));
	shown(b, step->from, format, from, sizeof(from));
	for (size_t c = 0; c < nr_cells(b); c++) {
		double base = bisect__figure(bisect__result(b, step->from), c);
		double new = bisect__figure(bisect__result(b, step->to), c);

		if (!isnan(base) && !isnan(new) && fabs(new - base) >= 0.005)
			fprintf(out, "%s%s: %.0f -> %.0f (%+.0f)\n", format->style ? "- " : "  ",
				label_of(b, c), base, new, new - base);
		else if (isnan(base) != isnan(new))
			fprintf(out, "%s%s: %s\n", format->style ? "- " : "  ", label_of(b, c),
				isnan(new) ? "can no longer be measured" : "can be measured");
	}
	fputc('\n', out);
	if (v->blames[nr].known)
		blame__print(&v->blames[nr], names, format, out);
}

static int put(FILE *out, const struct renderer *format, void *arg)
{
	const struct view *v = arg;

	put_tested(v->b, out, format);
	for (size_t i = 0; i < v->b->nr_steps && lab_bullet(format); i++)
		put_step(v, i, out, format);
	return ferror(out) ? -EIO : 0;
}

int bisect__report(struct bisect *b)
{
	struct lab_command *cmd = b->cmd;
	struct view v = { b, calloc(b->nr_steps + 1, sizeof(*v.blames)) };
	json_t *doc = NULL;
	int code = v.blames ? 0 : error__set(&cmd->err, -ENOMEM, "out of memory");

	for (size_t i = 0; i < b->nr_steps && !code; i++) {
		code = blame__init(&v.blames[i], bisect__result(b, b->steps[i].from),
				   bisect__result(b, b->steps[i].to), &cmd->err);
		if (b->steps[i].nr_between)
			cmd->status = EXIT_INCONCLUSIVE;
	}
	if (!code) {
		doc = to_json(&v);
		code = doc ? lab_command__report(cmd, doc, put, &v) :
			     error__set(&cmd->err, -ENOMEM, "out of memory");
	}
	json_decref(doc);
	for (size_t i = 0; v.blames && i < b->nr_steps; i++)
		blame__free(&v.blames[i]);
	free(v.blames);
	return code;
}
