// SPDX-License-Identifier: GPL-2.0-or-later
/* What reports for people show: see run_view.h. */
#include "reports/views/run_view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/clean_text.h"
#include "bench/base/json.h"
#include "bench/result/doc.h"
#include "reports/formats/format.h"
#include "reports/views/ab_view.h"
#include "reports/views/cost_parts.h"
#include "reports/views/footprint_view.h"
#include "reports/views/isca_view.h"
#include "reports/views/neighbour_view.h"
#include "reports/views/notes.h"
#include "reports/views/parallel_view.h"
#include "reports/views/run_header.h"

/* The confidence level of medians' intervals; if it is not reached, more rounds are suggested. */
#define LEVEL 0.95

/* What a table has room for, whatever a document holds. */
#define MAX_NAME    64
#define MAX_NOTES   16
#define MAX_CAUSES  5 /* of lost time in a note */
#define MAX_SHARES  4 /* VMs */
#define MAX_REASONS 4

/* Titles of columns that remarks explain. */
#define INTERVAL_TITLE "95 % interval"
#define P99_TITLE      "p99 (1 op)"
#define RATIO_TITLE    "x ref"
#define ON_PATH_TITLE  "on path"
#define PARTS_TITLE    "kernel + user + off-CPU + switch"
#define VCPUS_TITLE    "by vCPU"
#define GROWTH_TITLE   "x 1 vCPU"
#define ALONE_TITLE    "x alone"

struct view {
	const json_t *doc;
	const struct view_style *style;
	const char *backend; /* of the first cell */
	json_t *notes;	     /* from text to number, over all tables */
	json_t *table_notes; /* those first used in the current table */
	json_t *remarks;     /* from text to the title of the column it explains, or null */
};

/* One table: the cells of one group and one kind of unit. */
struct table {
	struct view *view;
	const char *unit; /* as in the document */
	struct format_scale scale;
	bool show_config;  /* some are not the default */
	bool show_backend; /* some differ from that of the document's first cell */
	bool of_profile;   /* what VMs did in a window: their exits are those of a second */
	json_t *numbers;   /* numbers of the current row's notes */
};

/* The same for a name in a column, with less room. */
static json_t *escaped_name(const struct view *v, const char *name)
{
	return style__escaped_short(v->style, name, MAX_NAME);
}

/* `column` is the title of the column that the text explains; NULL: none. */
static void add_remark(const struct view *v, const char *column, json_t *text)
{
	json_object_set_new(v->remarks, json_string_value(text) ?: "",
			    column ? json_string(column) : json_null());
	json_decref(text);
}

/* Inserts a number, in ascending order and only once. */
static void add_number(json_t *numbers, json_t *number)
{
	json_int_t value = json_integer_value(number);
	size_t at = json_array_size(numbers);

	while (at && json_integer_value(json_array_get(numbers, at - 1)) > value)
		at--;
	if (!at || json_integer_value(json_array_get(numbers, at - 1)) != value)
		json_array_insert(numbers, at, number);
}

/* Adds the note's number to the row; a text that was used before keeps its number. */
static void add_note(struct table *t, json_t *text)
{
	const char *key = json_string_value(text) ?: "";
	json_t *number = json_object_get(t->view->notes, key);

	if (!number) {
		number = json_integer(json_object_size(t->view->notes) + 1);
		json_array_append_new(t->view->table_notes,
				      json_pack("{s:O, s:O}", "number", number, "text", text));
		json_object_set_new(t->view->notes, key, number);
	}
	add_number(t->numbers, number);
	json_decref(text);
}

static void add_document_note(struct table *t, const char *before, const char *text)
{
	json_t *clean = style__escaped(t->view->style, text);

	add_note(t, json_sprintf("%s%s", before, json_string_value(clean) ?: ""));
	json_decref(clean);
}

static bool is_rate(const struct table *t)
{
	return !strcmp(t->unit, "bytes_per_s");
}

static json_t *scaled(const struct table *t, double value)
{
	return format__quantity(value / t->scale.divisor);
}

static json_t *value_label(struct table *t, const json_t *cell)
{
	const char *label = doc__text(cell, "label");

	return escaped_name(t->view, *label ? label : doc__text(cell, "workload"));
}

static json_t *value_config(struct table *t, const json_t *cell)
{
	return escaped_name(t->view, doc__text(cell, "config.name"));
}

static json_t *value_backend(struct table *t, const json_t *cell)
{
	return escaped_name(t->view, doc__text(cell, "backend"));
}

static json_t *value_p50(struct table *t, const json_t *cell)
{
	return scaled(t, doc__number(cell, "summary.p50"));
}

static json_t *value_interval(struct table *t, const json_t *cell)
{
	double coverage = doc__number(cell, "summary.ci_coverage");
	double rounds = doc__number(cell, "summary.rounds");
	json_t *low, *high, *both;

	/* A path is counted, not estimated, so it has no interval. */
	if (isfinite(doc__number(cell, "summary.on_path")))
		return json_string("");
	low = scaled(t, doc__element(cell, "summary.ci95", 0));
	high = scaled(t, doc__element(cell, "summary.ci95", 1));
	if (!strcmp(doc__text(cell, "summary.ci_basis"), "samples"))
		add_remark(
			t->view, INTERVAL_TITLE,
			json_string(
				"With one round the interval is over the samples of a single VM "
				"and says nothing about the next one: --rounds 6 or more does."));
	else if (coverage < LEVEL)
		add_remark(
			t->view, INTERVAL_TITLE,
			json_sprintf(
				"Intervals over %.0f rounds would cover the median with %.0f %%, "
				"not 95 %%, and are not shown: that takes --rounds 6 or more.",
				rounds, 100 * coverage));
	both = *json_string_value(low) && !(coverage < LEVEL) ?
		       json_sprintf("%s %s %s", json_string_value(low), t->view->style->dash,
				    json_string_value(high)) :
		       json_string("");
	json_decref(low);
	json_decref(high);
	return both;
}

/* "2,765 – 2,801": of several vCPUs at work at once, the ones with the least and the most. */
static json_t *value_vcpus(struct table *t, const json_t *cell)
{
	double from = doc__number(cell, "parallel.least"), to = doc__number(cell, "parallel.most");
	json_t *least, *most, *both;

	if (!isfinite(from) || !isfinite(to))
		return json_string("");
	least = scaled(t, from);
	most = scaled(t, to);
	both = json_sprintf("%s %s %s", json_string_value(least), t->view->style->dash,
			    json_string_value(most));
	json_decref(least);
	json_decref(most);
	add_remark(t->view, VCPUS_TITLE,
		   json_string(VCPUS_TITLE ": the least and the most of the medians of each vCPU "
					   "of a VM, all of which were at work at once."));
	return both;
}

/* How a cost has grown from one vCPU to several of the same VM. */
static json_t *value_alone(struct table *t, const json_t *cell)
{
	struct neighbour_effect effect = neighbour_view__effect(t->view->doc, cell);

	if (!isfinite(effect.ratio))
		return json_string("");
	add_remark(t->view, ALONE_TITLE,
		   json_string(
			   ALONE_TITLE
			   ": times what it is without the neighbour, everything "
			   "else being the same; the verdict is that of its rounds. ~ is of means: "
			   "few operations wait, and the median is not slower."));
	return json_sprintf("%s%.2f %s", effect.of_means ? "~" : "", effect.ratio,
			    verdict__name(effect.verdict));
}

static json_t *value_growth(struct table *t, const json_t *cell)
{
	double growth = parallel_view__growth(t->view->doc, cell);

	if (!isfinite(growth))
		return json_string("");
	add_remark(t->view, GROWTH_TITLE,
		   json_string(GROWTH_TITLE ": times what it is with one vCPU at work, everything "
					    "else being the same."));
	return json_sprintf("%.2f", growth);
}

static json_t *value_on_path(struct table *t, const json_t *cell)
{
	double share = doc__number(cell, "summary.on_path");

	if (!isfinite(share))
		return json_string("");
	add_remark(t->view, ON_PATH_TITLE,
		   json_string(
			   ON_PATH_TITLE
			   ": how many of the samples took exactly these "
			   "instructions. The clock counts each repetition of a rep instruction as "
			   "one more; 'hvbench lab trace' tells them apart."));
	return json_sprintf("%.3g %%", 100 * share);
}

/* From single operations if those were timed; batch means hide a tail and are marked. */
static json_t *value_p99(struct table *t, const json_t *cell)
{
	double single = doc__number(cell, "latency.p99");
	json_t *mean, *marked;

	if (isfinite(single) && !strcmp(doc__text(cell, "latency.unit"), t->unit))
		return scaled(t, single);
	mean = scaled(t, doc__number(cell, "summary.p99"));
	if (!*json_string_value(mean))
		return mean;
	if (!strcmp(doc__text(cell, "kind"), "batch") && doc__number(cell, "ops_per_sample") != 1) {
		add_remark(t->view, P99_TITLE,
			   json_string("~ is of the means of batches: no operation was timed by "
				       "itself, and what is rare is hidden."));
		marked = json_sprintf("~%s", json_string_value(mean));
		json_decref(mean);
		return marked;
	}
	return mean;
}

static json_t *value_cycles(struct table *t, const json_t *cell)
{
	if (strcmp(t->unit, "ns"))
		return json_string("");
	return format__quantity(doc__number(cell, "summary.p50") * doc__number(cell, "tsc_khz") /
				1e6);
}

/*
 * "halt polling: 95 of 198 halts (48 %) were woken while it polled; 0.45 us an operation polled in
 * vain"
 */
static void add_polling_note(struct table *t, const json_t *cell)
{
	double attempted = doc__number(cell, "halt_polling.attempted");
	double successful = doc__number(cell, "halt_polling.successful");
	double wasted = doc__number(cell, "halt_polling.wasted_ns") /
			doc__number(cell, "halt_polling.window_ops");
	bool counted = !strcmp(t->unit, "insn");
	json_t *quantity;

	if (!(attempted > 0) || !isfinite(successful))
		return;
	wasted *= counted ? format__units_per_ns(cell) : 1e-3;
	quantity = counted ? format__quantity(wasted) : json_sprintf("%.3g", wasted);
	if (isfinite(wasted))
		add_note(t, json_sprintf("halt polling: %.0f of %.0f halts (%.3g %%) were woken "
					 "while KVM polled; %s %s an "
					 "operation polled in vain",
					 successful, attempted, 100 * successful / attempted,
					 json_string_value(quantity),
					 counted ? "instructions" : t->view->style->micro));
	else
		add_note(t, json_sprintf("halt polling: %.0f of %.0f halts (%.3g %%) were woken "
					 "while KVM polled",
					 successful, attempted, 100 * successful / attempted));
	json_decref(quantity);
}

static json_t *cpu_title(const struct table *t)
{
	return json_sprintf("CPU %s/op",
			    !strcmp(t->unit, "insn") ? "instructions" : t->view->style->micro);
}

/* What waiting costs; of interest only if anything waits. */
static json_t *value_cpu(struct table *t, const json_t *cell)
{
	bool counted = !strcmp(t->unit, "insn");
	double value =
		doc__number(cell, "cpu_ns_per_op") * (counted ? format__units_per_ns(cell) : 1e-3);
	json_t *title;

	if (strcmp(doc__text(cell, "group"), "sched") || !isfinite(value))
		return json_string("");
	title = cpu_title(t);
	add_remark(t->view, json_string_value(title),
		   json_sprintf("%s: CPU time of all vCPU threads for an operation and what it "
				"waits for, KVM's halt polling "
				"included.",
				json_string_value(title)));
	json_decref(title);
	add_polling_note(t, cell);
	return format__quantity(value);
}

/* Precedes the name of an operation of the host: see bench/measure/reference.h. */
#define NATIVE "native:"

static void add_reference_note(struct table *t, const char *label)
{
	bool process = !strncmp(label, NATIVE, sizeof(NATIVE) - 1);
	json_t *name;

	if (!strcmp(label, "native")) {
		add_note(t, json_string("ref: the same in a process of this host"));
		return;
	}
	name = escaped_name(t->view, process ? label + sizeof(NATIVE) - 1 : label);
	add_note(t, json_sprintf("ref: %s in a %s", json_string_value(name) ?: "",
				 process ? "process of this host" :
					   "VM of the default configuration"));
	json_decref(name);
}

/* "0.1430 ±0.2 %" of the reference. */
static json_t *value_ratio(struct table *t, const json_t *cell)
{
	double p50 = doc__number(cell, "reference.log_ratio.p50");
	double half = (doc__element(cell, "reference.log_ratio.ci95", 1) -
		       doc__element(cell, "reference.log_ratio.ci95", 0)) /
		      2;

	if (doc__number(cell, "reference.log_ratio.ci_coverage") < LEVEL)
		half = NAN;
	if (!isfinite(p50))
		return json_string("");
	add_reference_note(t, doc__text(cell, "reference.label"));
	add_remark(
		t->view, RATIO_TITLE,
		json_string(
			"x ref: times the cost of the reference that the notes name, the median "
			"over "
			"pairs that take turns on one CPU; behind it half its interval. It holds "
			"still where the host drifts."));
	return isfinite(half) ? json_sprintf("%.4g %s%.2g %%", exp(p50), t->view->style->plus_minus,
					     100 * half) :
				json_sprintf("%.4g", exp(p50));
}

/* Where an exit's time goes: handling in the kernel, user space, off the CPU, and the rest. */
static json_t *value_parts(struct table *t, const json_t *cell)
{
	const char *why = doc__text(cell, "cost.why");
	double parts[NR_COST_PARTS];
	json_t *text = json_string("");

	if (!cost_parts__of(cell, parts)) {
		/* A lateness has no parts, which is no finding. */
		if (*why && strcmp(doc__text(cell, "kind"), "self-timed"))
			add_document_note(t, "where its cost goes is not known: ", why);
		return text;
	}
	for (size_t i = 0; i < NR_COST_PARTS; i++) {
		json_t *number = scaled(t, parts[i]);
		json_t *longer = json_sprintf("%s%s%s", json_string_value(text) ?: "",
					      i ? " + " : "", json_string_value(number) ?: "");

		json_decref(number);
		json_decref(text);
		text = longer;
	}
	add_remark(t->view, PARTS_TITLE,
		   json_string("kernel + user + off-CPU + switch: where the cost of an operation "
			       "goes. The first "
			       "three are what a probe saw in rounds of its own; switch is the "
			       "rest of the "
			       "cost: the world switch, and the guest itself."));
	return text;
}

static json_t *value_exits(struct table *t, const json_t *cell)
{
	double total = doc__number(cell, "exits.per_op.total");
	const char *why = doc__text(cell, "exits.unknown_why");

	/* For operations that the host measures, no one looks for exits. */
	if (!isfinite(total) && *why && strcmp(doc__text(cell, "kind"), "host"))
		add_document_note(t, "exits not known: ", why);
	return format__fixed(total, 3);
}

static bool is_finding(const json_t *cell)
{
	return doc__bool(cell, "exits.as_expected") == 0 ||
	       doc__bool(cell, "exits.user_as_expected") == 0 ||
	       doc__bool(cell, "exits.reasons_as_expected") == 0;
}

/* "seen: 0.125 EPT_VIOLATION, 0.5 HLT": the exits that occurred where others were expected. */
static void add_reasons_note(struct table *t, const json_t *cell)
{
	const json_t *reasons = doc__at(cell, "exits.by_reason"), *reason;
	json_t *text = json_string("seen by a probe, an operation:"), *clean, *longer;
	size_t i;

	json_array_foreach(reasons, i, reason) {
		if (i == MAX_REASONS)
			break;
		clean = escaped_name(t->view, doc__text(reason, "reason"));
		longer = json_sprintf("%s%s %.3g %s", json_string_value(text) ?: "", i ? "," : "",
				      doc__number(reason, "per_op"),
				      json_string_value(clean) ?: "");
		json_decref(clean);
		json_decref(text);
		text = longer;
	}
	if (json_array_size(reasons))
		add_note(t, text);
	else
		json_decref(text);
}

static json_t *value_differs(struct table *t, const json_t *cell)
{
	if (is_finding(cell))
		add_reasons_note(t, cell);
	if (doc__bool(cell, "exits.user_as_expected") == 0)
		add_note(t, json_sprintf("exits to user space: %.6g an operation, %.6g expected",
					 doc__number(cell, "exits.per_op.user"),
					 doc__number(cell, "exits.expected_user")));
	return json_string(is_finding(cell) ? t->view->style->differs : "");
}

/* "1 IO_INSTRUCTION + 1 HLT", "0" for none. */
static json_t *expected_exits(struct table *t, const json_t *expected)
{
	json_t *text = json_string(""), *clean, *count;
	const char *name;
	int shown = 0;

	if (!json_object_size(expected)) {
		json_string_set(text, "0");
		return text;
	}
	json_object_foreach((json_t *)expected, name, count) {
		json_t *longer;

		if (shown++ == MAX_REASONS)
			break;
		clean = escaped_name(t->view, name);
		longer = json_sprintf("%s%s%.6g %s", json_string_value(text) ?: "",
				      json_string_length(text) ? " + " : "",
				      json_number_value(count), json_string_value(clean) ?: "");
		json_decref(clean);
		json_decref(text);
		text = longer;
	}
	return text;
}

static json_t *value_expected(struct table *t, const json_t *cell)
{
	const json_t *expected = doc__at(cell, "exits.expected");
	const char *note = doc__text(cell, "exits.note");
	json_t *text;

	if (!json_is_object(expected)) {
		if (*note)
			add_document_note(t, "", note);
		return json_string(*note ? "varies" : "");
	}
	text = expected_exits(t, expected);
	if (is_finding(cell) && *note)
		add_document_note(t, "", note);
	return text;
}

/* What the lost time is put down to: the largest parts, and what nothing explains. */
static void add_gaps_note(struct table *t, const json_t *cell)
{
	const json_t *gaps = doc__at(cell, "gaps"), *cause;
	double lost = doc__number(gaps, "attributed_ns") + doc__number(gaps, "unattributed_ns");
	char text[512], name[64];
	size_t i, used;

	if (!(lost > 0))
		return;
	used = (size_t)snprintf(text, sizeof(text), "of the time that the vCPU lost:");
	json_array_foreach(doc__at(gaps, "causes"), i, cause) {
		if (i == MAX_CAUSES)
			break;
		clean_text(name, sizeof(name), doc__text(cause, "cause") ?: "?",
			   strlen(doc__text(cause, "cause") ?: "?"));
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %.1f %% %s",
					 i ? "," : "", 100 * doc__number(cause, "guest_ns") / lost,
					 name);
	}
	snprintf(text + used, sizeof(text) - used, "; nothing that was seen explains %.1f %%",
		 100 * doc__number(gaps, "unattributed_ns") / lost);
	add_note(t, json_string(text));
}

/* What each VM had of the CPUs, or, of many, how far they were from what was promised. */
static void add_shares_note(struct table *t, const json_t *cell)
{
	const json_t *shares = doc__at(cell, "shares"), *vms = doc__at(shares, "vms"), *vm;
	char text[512];
	size_t i, used;

	if (!json_array_size(vms))
		return;
	used = (size_t)snprintf(text, sizeof(text), "of the time, by weight:");
	json_array_foreach(vms, i, vm) {
		if (i == MAX_SHARES)
			break;
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s %.0f got %.1f %% of %.1f %% promised", i ? "," : "",
					 doc__number(vm, "weight"), 100 * doc__number(vm, "got"),
					 100 * doc__number(vm, "promised"));
		if (doc__number(vm, "throttled") > 0)
			used += (size_t)snprintf(
				text + used, sizeof(text) - used,
				" (throttled for %.1f %%, its clock stood still for %.1f %%)",
				100 * doc__number(vm, "throttled"),
				100 - 100 * doc__number(vm, "seen"));
	}
	if (i > 1)
		snprintf(text + used, sizeof(text) - used,
			 "%s; of what was promised %.3f to %.3f, Jain's index %.4f",
			 i < json_array_size(vms) ? " …" : "", doc__number(shares, "least"),
			 doc__number(shares, "most"), doc__number(shares, "jain"));
	add_note(t, json_string(text));
}

static json_t *value_notes(struct table *t, const json_t *cell)
{
	const json_t *warnings = doc__at(cell, "warnings"), *warning;
	size_t i;

	json_array_foreach(warnings, i, warning) {
		if (i == MAX_NOTES) {
			add_note(
				t,
				json_string(
					"more warnings than fit here: all are in the result file"));
			break;
		}
		add_document_note(t, "", json_string_value(warning) ?: doc__text(warning, "text"));
	}
	add_gaps_note(t, cell);
	add_shares_note(t, cell);
	return notes__text(t->numbers);
}

enum align { LEFT, RIGHT, POINT };

struct column {
	const char *title;
	enum align align;
	int drop;
	bool always;
	json_t *(*value)(struct table *t, const json_t *cell);
};

/*
 * In the order in which they are shown; notes come last, since they collect the numbers from all
 * others.
 */
static const struct column columns[] = {
	{ "workload", LEFT, 0, true, value_label },
	{ "config", LEFT, 0, false, value_config },
	{ "backend", LEFT, 0, false, value_backend },
	{ "p50", POINT, 0, true, value_p50 },
	{ VCPUS_TITLE, RIGHT, 2, false, value_vcpus },
	{ GROWTH_TITLE, POINT, 1, false, value_growth },
	{ ALONE_TITLE, LEFT, 1, false, value_alone },
	{ ON_PATH_TITLE, RIGHT, 1, false, value_on_path },
	{ INTERVAL_TITLE, RIGHT, 1, false, value_interval },
	{ P99_TITLE, POINT, 2, false, value_p99 },
	{ "cycles", POINT, 6, false, value_cycles },
	{ "CPU", POINT, 2, false, value_cpu },
	{ RATIO_TITLE, LEFT, 4, false, value_ratio },
	{ PARTS_TITLE, LEFT, 5, false, value_parts },
	{ "exits/op", POINT, 0, false, value_exits },
	{ "", LEFT, 0, false, value_differs },
	{ "expected", LEFT, 3, false, value_expected },
	{ "notes", LEFT, 0, false, value_notes },
};

#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Whether all cells have this text at that path, so that it need not be shown. */
static bool is_common(const json_t *cells, const char *path, const char *usual)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(cells, i, cell)
		if (strcmp(doc__text(cell, path), usual))
			return false;
	return true;
}

static bool is_wanted(const struct table *t, const struct column *c)
{
	if (c->value == value_config)
		return t->show_config;
	if (c->value == value_backend)
		return t->show_backend;
	return c->value != value_p99 || !is_rate(t);
}

static json_t *new_row(struct table *t, const json_t *cell)
{
	const char *status = doc__text(cell, "status"), *reason = doc__text(cell, "reason");
	bool good = !strcmp(status, "ok");
	json_t *row = json_object(), *cells = json_array();

	t->numbers = json_array();
	for (size_t i = 0; i < NR_COLUMNS; i++)
		json_array_append_new(cells, is_wanted(t, &columns[i]) ? columns[i].value(t, cell) :
									 json_string(""));
	json_decref(t->numbers);
	json_object_set_new(row, "status", json_string(status));
	json_object_set_new(row, "finding", json_boolean(is_finding(cell)));
	json_object_set_new(row, "cells", cells);
	json_object_set_new(row, "message",
			    good ? json_null() :
				   style__escaped(t->view->style,
						  *reason ? reason : "no reason is given"));
	return row;
}

static json_t *title_of(const struct table *t, const struct column *c)
{
	if (c->value == value_p50)
		return json_sprintf("%s %s", !strcmp(t->unit, "insn") ? "path" : c->title,
				    t->scale.shown);
	if (c->value == value_exits && t->of_profile)
		return json_string("exits/s");
	return c->value == value_cpu ? cpu_title(t) : json_string(c->title);
}

/* Without those that are empty in all rows. */
static json_t *choose_columns(struct table *t, json_t *rows)
{
	static const char *const aligns[] = { "left", "right", "point" };
	json_t *chosen = json_array();

	for (size_t i = NR_COLUMNS; i-- > 0;) {
		const struct column *c = &columns[i];

		if (!c->always && rows__drop_empty(rows, i))
			continue;
		json_array_insert_new(chosen, 0,
				      json_pack("{s:o, s:s, s:i}", "title", title_of(t, c), "align",
						aligns[c->align], "drop", c->drop));
	}
	return chosen;
}

static bool has_figures(const json_t *cell)
{
	return isfinite(doc__number(cell, "summary.p50"));
}

static void init_table(struct table *t, struct view *v, const json_t *cells)
{
	const json_t *cell;
	double least = INFINITY;
	size_t i;

	*t = (struct table){
		.view = v,
		.show_config = !is_common(cells, "config.name", "default"),
		.show_backend = !is_common(cells, "backend", v->backend),
		.of_profile = is_common(cells, "workload", "profile"),
	};
	json_array_foreach(cells, i, cell) {
		least = fmin(least, doc__number(cell, "summary.p50"));
		if (!t->unit && has_figures(cell))
			t->unit = doc__text(cell, "unit");
	}
	t->unit = t->unit ?: doc__text(json_array_get(cells, 0), "unit");
	t->scale = format__scale(t->unit, isfinite(least) ? least : 0, v->style->micro);
}

static json_t *new_table(struct view *v, const json_t *cells)
{
	const char *group = doc__text(json_array_get(cells, 0), "group");
	json_t *rows = json_array(), *cell;
	struct table t;
	size_t i;

	init_table(&t, v, cells);
	v->table_notes = json_array();
	json_array_foreach(cells, i, cell)
		json_array_append_new(rows, new_row(&t, cell));
	return json_pack("{s:o, s:o, s:o, s:o}", "title", escaped_name(v, *group ? group : "other"),
			 "columns", choose_columns(&t, rows), "rows", rows, "notes",
			 v->table_notes);
}

/*
 * "rate exit", "cost memory": what cells without figures have in common with some that have
 * figures.
 */
static json_t *family_of(const json_t *cell)
{
	return json_sprintf("%s %s",
			    strcmp(doc__text(cell, "unit"), "bytes_per_s") ? "cost" : "rate",
			    doc__text(cell, "group"));
}

/*
 * The first unit of each family: cells that failed before their unit was known are shown with it.
 */
static json_t *units_of_families(const json_t *cells)
{
	json_t *units = json_object(), *cell;
	size_t i;

	json_array_foreach(cells, i, cell) {
		json_t *family = family_of(cell);
		const char *name = json_string_value(family) ?: "";

		if (has_figures(cell) && !json_object_get(units, name))
			json_object_set(units, name, json_object_get(cell, "unit"));
		json_decref(family);
	}
	return units;
}

static json_t *table_of(const json_t *cell, const json_t *units)
{
	json_t *family = family_of(cell), *key;
	const char *unit =
		json_string_value(json_object_get(units, json_string_value(family) ?: ""));

	if (!unit || has_figures(cell))
		unit = doc__text(cell, "unit");
	key = json_sprintf("%s %s", unit, doc__text(cell, "group"));
	json_decref(family);
	return key;
}

/* One table for each pair of group and unit, in the order of their first cells. */
static json_t *tables(struct view *v)
{
	const json_t *cells = json_object_get(v->doc, "cells");
	json_t *list = json_array(), *of = json_object(), *units = units_of_families(cells), *cell,
	       *members;
	const char *name;
	size_t i;

	json_array_foreach(cells, i, cell) {
		json_t *key = table_of(cell, units);

		json__gather(of, json_string_value(key) ?: "", json_incref(cell));
		json_decref(key);
	}
	json_object_foreach(of, name, members)
		json_array_append_new(list, new_table(v, members));
	json_decref(units);
	json_decref(of);
	return list;
}

static json_t *remarks(json_t *texts)
{
	json_t *list = json_array(), *column;
	const char *text;

	json_object_foreach(texts, text, column)
		json_array_append_new(list,
				      json_pack("{s:s, s:O}", "text", text, "column", column));
	return list;
}

static void add_footprint(struct view *v, json_t *list)
{
	json_t *table = footprint_view__table(v->doc, v->style), *largest;

	if (!table)
		return;
	json_array_append_new(list, table);
	add_remark(v, NULL, footprint_view__legend());
	largest = footprint_view__largest(v->doc, v->style);
	if (largest)
		add_remark(v, NULL, largest);
	table = footprint_view__model(v->doc, v->style);
	if (!table)
		return;
	json_array_append_new(list, table);
	add_remark(v, NULL, footprint_view__model_legend(v->doc, v->style));
}

json_t *view__build(const json_t *doc, const struct view_style *style)
{
	const json_t *cells = json_object_get(doc, "cells"), *first = json_array_get(cells, 0);
	struct view v = {
		.doc = doc,
		.style = style,
		.notes = json_object(),
		.remarks = json_object(),
		.backend = doc__text(first, "backend"),
	};
	json_t *head = run_header__lines(doc, style), *list = tables(&v),
	       *against = ab_view__table(doc, style), *view;
	json_t *isca = isca_view__table(doc, style);
	json_t *neighbours = neighbour_view__table(doc, style);

	if (against)
		json_array_append_new(list, against);
	if (isca) {
		json_array_append_new(list, isca);
		add_remark(&v, NULL, isca_view__legend());
	}
	if (neighbours) {
		json_array_append_new(list, neighbours);
		add_remark(&v, NULL, neighbour_view__legend());
	}
	add_footprint(&v, list);
	if (!first && !against)
		add_remark(&v, NULL, json_string("Nothing was measured."));
	view = json_pack("{s:o, s:o, s:o}", "header", head, "tables", list, "remarks",
			 remarks(v.remarks));
	json_decref(v.notes);
	json_decref(v.remarks);
	return view;
}
