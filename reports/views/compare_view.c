// SPDX-License-Identifier: GPL-2.0-or-later
/* What is shown of a comparison; see compare_view.h and views.h. */
#include "reports/views/compare_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/base/verdicts.h"
#include "bench/result/doc.h"
#include "reports/compare/verdict.h"
#include "reports/formats/format.h"
#include "reports/views/notes.h"

/* What there is room for; JSON has everything. */
#define MAX_TEXT	64
#define MAX_DIFFERENCES 12
#define MAX_CHANGES	6
#define MAX_UNMATCHED	12

struct view {
	const json_t *doc, *comparison;
	const struct view_style *style;
	json_t *notes, *table_notes; /* from text to number: over all tables; for the current
					 * table */
	json_t *remarks;
};

struct table {
	struct view *view;
	const char *unit;
	struct format_scale scale;
	bool show_config, show_backend;
	json_t *numbers; /* numbers of the current row's notes */
};

/* Safe to print, and cut to what a line has room for. */
static json_t *escaped(const struct view *v, const char *text)
{
	return style__escaped_short(v->style, text, MAX_TEXT);
}

/* Adds a remark only once, though several comparisons may say the same. */
static void add_remark(struct view *v, json_t *text)
{
	const json_t *known;
	size_t i;

	json_array_foreach(v->remarks, i, known)
		if (json_equal(json_object_get(known, "text"), text)) {
			json_decref(text);
			return;
		}
	json_array_append_new(v->remarks, json_pack("{s:o, s:n}", "text", text, "column"));
}

static void add_text_part(const struct view *v, json_t *line, const char *before, const char *text)
{
	json_t *clean = escaped(v, text);

	if (*text)
		line__add(line, "%s%s", before, json_string_value(clean));
	json_decref(clean);
}

static json_t *run_line(const struct view *v, const char *which, const json_t *run)
{
	const char *virt = doc__text(run, "virt"), *before_virt = format__before_virt(virt);
	double rounds = doc__number(run, "rounds");
	char text[64];
	json_t *line = json_array(), *name = escaped(v, doc__text(run, "name"));

	line__add(line, "%s %s", which, json_string_value(name));
	json_decref(name);
	add_text_part(v, line, "", doc__text(run, "started"));
	add_text_part(v, line, "hvbench ", doc__text(run, "version"));
	add_text_part(v, line, format__before_kernel(virt), doc__text(run, "kernel"));
	if (before_virt)
		add_text_part(v, line, before_virt, virt);
	if (rounds > 0)
		line__add(line, "%s",
			  units__format_rounds(rounds, doc__number(run, "most_rounds"), text,
					       sizeof(text)));
	return line;
}

/* Writes "kernel 6.1.0 -> 6.12.0"; for a list "cpu.flags less pcid more vaes". */
static void add_difference(const struct view *v, json_t *line, const char *before,
			   const json_t *difference)
{
	static const char *const lists[] = { "cpu.flags", "cpu.vmx_flags", "cpu.bugs",
					     "clocksource.available" };
	const char *field = doc__text(difference, "field");
	json_t *name = escaped(v, field), *base = escaped(v, doc__text(difference, "base"));
	json_t *new = escaped(v, doc__text(difference, "new"));
	bool list = false;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		list = list || !strcmp(field, lists[i]);
	if (list)
		line__add(line, "%s%s%s%s%s%s", before, json_string_value(name),
			  json_string_length(base) ? " less " : "", json_string_value(base),
			  json_string_length(new) ? " more " : "", json_string_value(new));
	else
		line__add(line, "%s%s %s -> %s", before, json_string_value(name),
			  json_string_length(base) ? json_string_value(base) : "(none)",
			  json_string_length(new) ? json_string_value(new) : "(none)");
	json_decref(name);
	json_decref(base);
	json_decref(new);
}

static json_t *differences_line(const struct view *v, const char *title, const json_t *list)
{
	json_t *line = json_array(), *difference;
	size_t i;

	json_array_foreach((json_t *)list, i, difference) {
		if (i == MAX_DIFFERENCES) {
			line__add(line, "and %zu more (--format json has all)",
				  json_array_size(list) - i);
			break;
		}
		add_difference(v, line, i ? "" : title, difference);
	}
	return line;
}

static void add_header(const struct view *v, json_t *header)
{
	json_t *lines[] = {
		run_line(v, "new", json_object_get(v->comparison, "new")),
		differences_line(v, "unlike hosts: ", doc__at(v->comparison, "hosts.machine")),
		differences_line(v, "what differs: ", doc__at(v->comparison, "hosts.setup")),
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (json_array_size(lines[i]))
			json_array_append(header, lines[i]);
		json_decref(lines[i]);
	}
}

/* Adds the note's number to the row; a text that was used before keeps its number. */
static void add_note(struct table *t, json_t *text)
{
	const char *key = json_string_value(text) ?: "";
	json_t *number = json_object_get(t->view->notes, key), *known;
	size_t i;

	if (!number) {
		number = json_integer((json_int_t)json_object_size(t->view->notes) + 1);
		json_array_append_new(t->view->table_notes,
				      json_pack("{s:O, s:O}", "number", number, "text", text));
		json_object_set_new(t->view->notes, key, number);
	}
	json_decref(text);
	json_array_foreach(t->numbers, i, known)
		if (json_integer_value(known) >= json_integer_value(number))
			break;
	if (!json_equal(json_array_get(t->numbers, i), number))
		json_array_insert(t->numbers, i, number);
}

/* "+5.2 %", with one more digit for small values. */
static json_t *percent(double share)
{
	double value = 100 * share;

	if (!isfinite(value))
		return json_string("");
	if (fabs(value) >= 1000)
		return json_sprintf("%+.0f %%", value);
	/* Avoid "-0": users would take it for an error. */
	return json_sprintf("%+.*f %%", fabs(value) < 0.995 ? 2 : 1,
			    fabs(value) < 0.005 ? 0 : value);
}

static json_t *interval(const struct view *v, const json_t *figure)
{
	double low = doc__element(figure, "ci95", 0), high = doc__element(figure, "ci95", 1);
	json_t *a = percent(low), *b = percent(high), *both;

	/* With a counting clock the interval is a single value. */
	if (!isfinite(low) || !isfinite(high) || low == high)
		both = json_string("");
	else
		both = json_sprintf("%s %s %s", json_string_value(a), v->style->dash,
				    json_string_value(b));
	json_decref(a);
	json_decref(b);
	return both;
}

static json_t *value_label(struct table *t, const json_t *cell)
{
	const char *label = doc__text(cell, "label");

	return escaped(t->view, *label ? label : doc__text(cell, "workload"));
}

static json_t *value_config(struct table *t, const json_t *cell)
{
	return t->show_config ? escaped(t->view, doc__text(cell, "config.name")) : json_string("");
}

static json_t *value_backend(struct table *t, const json_t *cell)
{
	return t->show_backend ? escaped(t->view, doc__text(cell, "backend")) : json_string("");
}

static json_t *value_base(struct table *t, const json_t *cell)
{
	return format__quantity(doc__number(cell, "cost.base") / t->scale.divisor);
}

static json_t *value_new(struct table *t, const json_t *cell)
{
	return format__quantity(doc__number(cell, "cost.new") / t->scale.divisor);
}

static json_t *value_change(struct table *t, const json_t *cell)
{
	(void)t;
	return percent(doc__number(cell, "cost.change"));
}

static json_t *value_interval(struct table *t, const json_t *cell)
{
	return interval(t->view, json_object_get(cell, "cost"));
}

static json_t *value_p(struct table *t, const json_t *cell)
{
	double p = doc__number(cell, "cost.p_holm");

	(void)t;
	return isfinite(p) ? json_sprintf("%.2g", p) : json_string("");
}

static json_t *value_rounds(struct table *t, const json_t *cell)
{
	double n = doc__element(cell, "cost.rounds", 0), m = doc__element(cell, "cost.rounds", 1);

	(void)t;
	return isfinite(n) ? json_sprintf("%.0f/%.0f", n, m) : json_string("");
}

/* From where on a difference counts: the floor, or the noise if that is larger. */
static json_t *value_threshold(struct table *t, const json_t *cell)
{
	double noise = doc__number(cell, "cost.noise");
	double beyond = fmax(doc__number(cell, "cost.floor"), noise);
	bool untested = !isfinite(noise) && json_is_array(doc__at(cell, "cost.rounds"));

	/* An exact figure has no noise; with too few rounds to test nothing counts. */
	if (untested || !isfinite(beyond) || beyond <= 0)
		return json_string("");
	return json_sprintf("%s%.*f %%", t->view->style->plus_minus, beyond < 10 ? 1 : 0,
			    100 * beyond);
}

static json_t *value_ratio(struct table *t, const json_t *cell)
{
	const json_t *ratio = json_object_get(cell, "ratio");
	json_t *name;

	if (!json_is_object(ratio))
		return json_string("");
	name = escaped(t->view, doc__text(ratio, "label"));
	add_note(t, json_sprintf("ratio: of the time it takes to that of %s, which was measured "
				 "beside it in both "
				 "results",
				 json_string_value(name)));
	json_decref(name);
	return percent(doc__number(ratio, "change"));
}

static json_t *value_ratio_interval(struct table *t, const json_t *cell)
{
	return interval(t->view, json_object_get(cell, "ratio"));
}

static json_t *value_exits(struct table *t, const json_t *cell)
{
	const json_t *changes = doc__at(cell, "exits.changes"), *change;
	bool of_profile = !strcmp(doc__text(cell, "workload"), "profile");
	json_t *shown = json_string("");
	size_t i;

	json_array_foreach(changes, i, change) {
		json_t *reason;

		if (i == MAX_CHANGES) {
			add_note(t, json_string("more exit reasons changed than fit here: --format "
						"json has all"));
			break;
		}
		reason = escaped(t->view, doc__text(change, "reason"));
		add_note(t, json_sprintf("exits %s: %s %.4g -> %.4g",
					 of_profile ? "a second" : "per operation",
					 json_string_value(reason), doc__number(change, "base"),
					 doc__number(change, "new")));
		json_decref(reason);
	}
	if (json_array_size(changes))
		json_string_set(shown, doc__text(cell, "exits.verdict"));
	return shown;
}

static json_t *value_verdict(struct table *t, const json_t *cell)
{
	const char *verdict = doc__text(cell, "verdict"), *by = doc__text(cell, "by");
	bool decided = !strcmp(verdict, "slower") || !strcmp(verdict, "faster") ||
		       !strcmp(verdict, "same");

	if (*doc__text(cell, "why") && strcmp(verdict, "inconclusive"))
		add_note(t, json_string(doc__text(cell, "why")));
	/* Say which of the two figures it is based on, where they disagree. */
	if (decided && json_is_object(json_object_get(cell, "ratio")) &&
	    (!strcmp(by, "ratio") || !strcmp(by, "cost")))
		return json_sprintf("%s (%s)", verdict, strcmp(by, "cost") ? "ratio" : "itself");
	return json_string(verdict__shown(verdict));
}

/* Whether a side has too few rounds for more than a least number. */
static bool has_few(const json_t *cell)
{
	static const char *const figures[] = { "cost.rounds", "ratio.rounds" };

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		for (size_t side = 0; side < 2; side++)
			if (doc__element(cell, figures[i], side) < VERDICT_LEAST_TO_EXTRAPOLATE)
				return true;
	return false;
}

static json_t *value_more(struct table *t, const json_t *cell)
{
	double more = doc__number(cell, "more_rounds");

	if (strcmp(doc__text(cell, "verdict"), "inconclusive"))
		return json_string("");
	if (*doc__text(cell, "why") && (!isfinite(more) || has_few(cell)))
		add_note(t, json_string(doc__text(cell, "why")));
	return isfinite(more) ? json_sprintf("%.0f", more) : json_string("-");
}

static json_t *value_notes(struct table *t, const json_t *cell)
{
	const json_t *remarks = json_object_get(cell, "remarks"), *remark;
	size_t i;

	json_array_foreach(remarks, i, remark)
		add_note(t, style__escaped(t->view->style, json_string_value(remark) ?: ""));
	return notes__text(t->numbers);
}

/* Notes come last, since they collect the numbers from all other columns. */
static const struct column {
	const char *title, *align;
	int drop;
	bool always, with_unit;
	json_t *(*value)(struct table *t, const json_t *cell);
} columns[] = {
	{ "workload", "left", 0, true, false, value_label },
	{ "config", "left", 0, false, false, value_config },
	{ "backend", "left", 0, false, false, value_backend },
	{ "verdict", "left", 0, true, false, value_verdict },
	{ "base", "point", 4, true, true, value_base },
	{ "new", "point", 3, true, true, value_new },
	{ "change", "point", 0, false, false, value_change },
	{ "95 % interval", "right", 2, false, false, value_interval },
	{ "p", "left", 6, false, false, value_p },
	{ "rounds", "right", 7, false, false, value_rounds },
	{ "counts from", "right", 5, false, false, value_threshold },
	{ "ratio", "point", 0, false, false, value_ratio },
	{ "95 % interval", "right", 2, false, false, value_ratio_interval },
	{ "exits", "left", 0, false, false, value_exits },
	{ "more rounds", "right", 1, false, false, value_more },
	{ "notes", "left", 0, false, false, value_notes },
};

#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *color_of(const struct column *c, const json_t *cell)
{
	if (c->value == value_exits)
		return json_is_object(json_object_get(cell, "exits")) ?
			       verdict__color(doc__text(cell, "exits.verdict")) :
			       "";
	return c->value == value_verdict ? verdict__color(doc__text(cell, "verdict")) : "";
}

static json_t *new_row(struct table *t, const json_t *cell)
{
	json_t *cells = json_array(), *colors = json_array();

	t->numbers = json_array();
	for (size_t i = 0; i < NR_COLUMNS; i++) {
		json_array_append_new(cells, columns[i].value(t, cell));
		json_array_append_new(colors, json_string(color_of(&columns[i], cell)));
	}
	json_decref(t->numbers);
	return json_pack("{s:s, s:b, s:o, s:o, s:n}", "status", "ok", "finding", 0, "cells", cells,
			 "colors", colors, "message");
}

/* Without those that are empty in all rows. */
static json_t *choose_columns(const struct table *t, json_t *rows)
{
	json_t *chosen = json_array();

	for (size_t i = NR_COLUMNS; i-- > 0;) {
		const struct column *c = &columns[i];

		if (!c->always && rows__drop_empty(rows, i))
			continue;
		json_array_insert_new(chosen, 0,
				      json_pack("{s:o, s:s, s:i}", "title",
						c->with_unit ? json_sprintf("%s %s", c->title,
									    t->scale.shown) :
							       json_string(c->title),
						"align", c->align, "drop", c->drop));
	}
	return chosen;
}

/* With several comparisons, each table says which one it belongs to. */
static json_t *title_of(const struct view *v, const char *group)
{
	json_t *title = escaped(v, group), *name, *both;

	if (json_array_size(json_object_get(v->doc, "comparisons")) < 2)
		return title;
	name = escaped(v, doc__text(v->comparison, "new.name"));
	both = json_sprintf("%s, %s", json_string_value(title), json_string_value(name));
	json_decref(title);
	json_decref(name);
	return both;
}

static json_t *new_table(struct view *v, const json_t *cells)
{
	const json_t *first = json_array_get(cells, 0), *cell;
	const char *group = doc__text(first, "group");
	struct table t = { .view = v, .unit = doc__text(first, "unit") };
	json_t *rows = json_array();
	double least = INFINITY;
	size_t i;

	json_array_foreach(cells, i, cell) {
		least = fmin(least, doc__number(cell, "cost.base"));
		t.show_config = t.show_config || strcmp(doc__text(cell, "config.name"), "default");
		t.show_backend = t.show_backend ||
				 strcmp(doc__text(cell, "backend"), doc__text(first, "backend"));
	}
	t.scale = format__scale(t.unit, isfinite(least) ? least : 0, v->style->micro);
	v->table_notes = json_array();
	json_array_foreach(cells, i, cell)
		json_array_append_new(rows, new_row(&t, cell));
	return json_pack("{s:o, s:o, s:o, s:o}", "title", title_of(v, *group ? group : "other"),
			 "columns", choose_columns(&t, rows), "rows", rows, "notes",
			 v->table_notes);
}

/* Whether a cell is what somebody looks for in a comparison. */
static bool has_changed(const json_t *cell)
{
	const char *verdict = doc__text(cell, "verdict"), *exits = doc__text(cell, "exits.verdict");

	return !strcmp(verdict, "slower") || !strcmp(verdict, "faster") ||
	       !strcmp(verdict, "moved") || !strcmp(verdict, "lost") || !strcmp(exits, "more") ||
	       !strcmp(exits, "fewer") || !strcmp(exits, "changed");
}

/* What changed comes first; else the order stays. A new array. */
static json_t *changed_first(const json_t *cells)
{
	json_t *sorted = json_array(), *cell;
	size_t i;

	for (int changed = 1; changed >= 0; changed--)
		json_array_foreach((json_t *)cells, i, cell)
			if (has_changed(cell) == changed)
				json_array_append(sorted, cell);
	return sorted;
}

/* One table for each pair of group and unit, in the order of their first cells. */
static void add_tables(struct view *v, json_t *tables)
{
	const json_t *cells = json_object_get(v->comparison, "cells");
	json_t *of = json_object(), *cell, *members;
	const char *name;
	size_t i;

	json_array_foreach(cells, i, cell) {
		json_t *key =
			json_sprintf("%s %s", doc__text(cell, "unit"), doc__text(cell, "group"));

		json__gather(of, json_string_value(key) ?: "", json_incref(cell));
		json_decref(key);
	}
	json_object_foreach(of, name, members) {
		json_t *sorted = changed_first(members);

		json_array_append_new(tables, new_table(v, sorted));
		json_decref(sorted);
	}
	json_decref(of);
}

/* "Not compared, only in base: chase, touch: why". Cells with the same reason share a remark. */
static void remark_reason(struct view *v, const char *side, const char *why, const json_t *labels)
{
	json_t *text = json_string(""), *longer, *label = NULL,
	       *reason = style__escaped(v->style, why);
	size_t i;

	json_array_foreach(labels, i, label) {
		json_t *name = escaped(v, json_string_value(label));

		longer = json_sprintf("%s%s%s", json_string_value(text) ?: "", i ? ", " : "",
				      json_string_value(name));
		json_decref(name);
		json_decref(text);
		text = longer;
		if (i + 1 == MAX_UNMATCHED && json_array_size(labels) > MAX_UNMATCHED)
			break;
	}
	if (json_array_size(labels) > MAX_UNMATCHED)
		add_remark(v, json_sprintf("Not compared, only in %s: %s and %zu more (--format "
					   "json has all): %s.",
					   side, json_string_value(text),
					   json_array_size(labels) - MAX_UNMATCHED,
					   json_string_value(reason)));
	else
		add_remark(v, json_sprintf("Not compared, only in %s: %s: %s.", side,
					   json_string_value(text), json_string_value(reason)));
	json_decref(text);
	json_decref(reason);
}

/* "chase (skipped)" */
static json_t *label_of_unmatched(const json_t *item)
{
	const char *was = doc__text(item, "was"), *label = doc__text(item, "label");

	return *was && strcmp(was, "ok") ? json_sprintf("%s (%s)", label, was) : json_string(label);
}

static void remark_unmatched(struct view *v, const char *side)
{
	const json_t *list = json_object_get(json_object_get(v->comparison, "unmatched"), side),
		     *item;
	json_t *by_reason = json_object(), *labels;
	const char *why;
	size_t i, nr = 0;

	json_array_foreach(list, i, item)
		json__gather(by_reason, doc__text(item, "why"), label_of_unmatched(item));
	json_object_foreach(by_reason, why, labels) {
		if (nr++ == MAX_UNMATCHED) {
			add_remark(v,
				   json_sprintf("Not compared, only in %s: cells of %zu more "
						"reasons (--format json has "
						"all).",
						side, json_object_size(by_reason) - MAX_UNMATCHED));
			break;
		}
		remark_reason(v, side, why, labels);
	}
	json_decref(by_reason);
}

static void remark_common(struct view *v)
{
	const json_t *common = json_object_get(v->comparison, "common");
	double change = doc__number(common, "change");

	if (!isfinite(change))
		return;
	add_remark(v, json_sprintf("%.0f of %.0f cells moved the same way, by %+.1f %% in the "
				   "median: that is the host as a "
				   "whole (frequency, load, microcode, mitigations), or what all "
				   "paths share; a cell's "
				   "own change is what is beyond that.",
				   doc__number(common, "agree"), doc__number(common, "cells"),
				   100 * change));
}

/* How the references moved: those of several cells, and any that did move. */
static void remark_references(struct view *v)
{
	const json_t *list = json_object_get(v->comparison, "references"), *one;
	size_t i;

	json_array_foreach(list, i, one) {
		bool moved = doc__bool(one, "moved") == 1;
		json_t *change = percent(doc__number(one, "change")), *range = interval(v, one);
		json_t *label = escaped(v, doc__text(one, "label")),
		       *cell = escaped(v, doc__text(one, "cell"));

		if (moved || doc__number(one, "cells") > 1)
			add_remark(v,
				   json_sprintf("Reference %s%s%s: %s%s%s: %s.",
						json_string_value(label),
						json_string_length(cell) ? " of " : "",
						json_string_length(cell) ? json_string_value(cell) :
									   "",
						json_string_value(change),
						json_string_length(range) ? ", 95 % interval " : "",
						json_string_value(range),
						moved ? "moved" : doc__text(one, "verdict")));
		json_decref(change);
		json_decref(range);
		json_decref(label);
		json_decref(cell);
	}
	if (doc__number(v->comparison, "counts.moved") > 0)
		add_remark(v, json_string("What moved together with its reference is the host "
					  "(load, frequency, microcode) "
					  "or what all of these paths share (mitigations, every "
					  "exit); two runs cannot "
					  "tell which. Measure base and new once more, in turn: "
					  "what is the new one's stays "
					  "with it."));
}

/* Counts the cells that are a regression only because of their exits. */
static unsigned int count_more_exits(const json_t *comparison)
{
	const json_t *cell;
	unsigned int nr = 0;
	size_t i;

	json_array_foreach(json_object_get(comparison, "cells"), i, cell)
		nr += doc__number(cell, "status") == 1 &&
		      verdict__status(doc__text(cell, "verdict")) != EXIT_REGRESSION;
	return nr;
}

static void remark_counts(struct view *v)
{
	unsigned int more = count_more_exits(v->comparison);
	const json_t *counts = json_object_get(v->comparison, "counts");
	json_t *text = json_string(""), *file, *longer;
	double exits = doc__number(counts, "exits");

	for (size_t i = 0; i < NR_VERDICTS; i++) {
		double nr = doc__number(counts, verdict_table[i].name);

		if (!(verdict_table[i].on & ON_CELL) || !(nr > 0))
			continue;
		longer = json_sprintf("%s%s%.0f %s", json_string_value(text) ?: "",
				      json_string_length(text) ? ", " : "", nr,
				      verdict_table[i].shown);
		json_decref(text);
		text = longer;
	}
	if (more)
		longer = json_sprintf(
			"%s; in %.0f the exits changed, and %u %s more of them: a regression.",
			json_string_value(text), exits, more, more == 1 ? "takes" : "take");
	else
		longer = exits > 0 ? json_sprintf("%s; in %.0f the exits changed.",
						  json_string_value(text), exits) :
				     json_sprintf("%s.", json_string_value(text));
	if (json_array_size(json_object_get(v->doc, "comparisons")) > 1) {
		file = escaped(v, doc__text(v->comparison, "new.name"));
		add_remark(v, json_sprintf("%s: %s", json_string_value(file),
					   json_string_value(longer)));
		json_decref(file);
		json_decref(longer);
	} else {
		add_remark(v, longer);
	}
	json_decref(text);
}

/* Floors are relative; that of what a VM's life costs is larger than the threshold. */
static double largest_floor(const struct view *v)
{
	const json_t *cell;
	double largest = 0;
	size_t i;

	json_array_foreach(json_object_get(v->comparison, "cells"), i, cell) {
		largest = fmax(largest, doc__number(cell, "cost.floor"));
	}
	return largest;
}

static void remark_method(struct view *v)
{
	double alpha = doc__number(v->doc, "options.alpha");
	double threshold = doc__number(v->doc, "options.threshold"), largest = largest_floor(v);
	const json_t *first = json_array_get(json_object_get(v->comparison, "cells"), 0);
	char life[64] = "";

	if (!*doc__text(first, "cost.test") || !strcmp(doc__text(first, "cost.test"), "exact"))
		return;
	if (largest > threshold)
		snprintf(life, sizeof(life), " (what a VM's life costs: %.3g %%)", 100 * largest);
	add_remark(v, json_sprintf("Compared are medians of rounds. Slower, faster: p < %g "
				   "(Mann-Whitney U, corrected "
				   "for all cells after Holm) and a change beyond 'counts from', "
				   "the larger of the "
				   "threshold and this cell's own noise. Same: the bootstrap "
				   "interval of the change lies within "
				   "the threshold of %s%.3g %%%s. Same ratio: that of the ratio to "
				   "the reference does, and the "
				   "cost itself is undecided. Else it is inconclusive.",
				   alpha, v->style->plus_minus, 100 * threshold, life));
}

/* Whether a refused comparison would have had cells to compare. */
static bool has_pairs(const struct view *v)
{
	return doc__number(v->comparison, "matched") > 0;
}

static void add_remarks(struct view *v)
{
	const char *refused = doc__text(v->comparison, "refused");
	json_t *clean;
	const json_t *remark;
	size_t i;

	json_array_foreach(json_object_get(v->comparison, "remarks"), i, remark)
		add_remark(v, style__escaped(v->style, json_string_value(remark) ?: ""));
	if (*refused) {
		clean = style__escaped(v->style, refused);
		add_remark(v, json_sprintf("Not compared: %s.", json_string_value(clean)));
		json_decref(clean);
	} else {
		remark_method(v);
	}
	/* If hosts or clocks are unlike, it does not matter which cells there are. */
	if (!*refused || !has_pairs(v)) {
		remark_unmatched(v, "base");
		remark_unmatched(v, "new");
	}
	remark_common(v);
	if (!*refused)
		remark_references(v);
	if (!*refused)
		remark_counts(v);
}

json_t *compare_view__build(const json_t *doc, const struct view_style *style)
{
	struct view v = {
		.doc = doc, .style = style, .notes = json_object(), .remarks = json_array()
	};
	json_t *header = json_array(), *tables = json_array();
	const json_t *list = json_object_get(doc, "comparisons");
	size_t i;

	json_array_append_new(header, run_line(&v, "base", json_object_get(doc, "base")));
	json_array_foreach(list, i, v.comparison) {
		add_header(&v, header);
		add_tables(&v, tables);
		add_remarks(&v);
	}
	json_decref(v.notes);
	return json_pack("{s:o, s:o, s:o}", "header", header, "tables", tables, "remarks",
			 v.remarks);
}
