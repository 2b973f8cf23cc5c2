// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/doctor_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/result/doc.h"
#include "reports/views/table.h"

/* What was found has a line of a table; documents have it in full. */
#define MAX_FOUND 60
/* Of a check: hosts have hundreds of VMs, about each of which there is something to say. */
#define MAX_ADVICE 4

static const char *color_of(const char *outcome)
{
	if (!strcmp(outcome, "warning") || !strcmp(outcome, "contradicts"))
		return "red";
	if (!strcmp(outcome, "advice") || !strcmp(outcome, "unreadable"))
		return "yellow";
	return strcmp(outcome, "ok") ? "" : "green";
}

/* The last part of a path. */
static const char *last_part(const char *what)
{
	const char *slash = strrchr(what, '/');

	return slash && slash[1] ? slash + 1 : what;
}

/* "halt_poll_ns": the last part of a path says enough, unless two of a check have the same. */
static const char *name_of(const json_t *check, const char *what)
{
	const char *name = last_part(what);
	const json_t *other;
	size_t i;

	json_array_foreach(json_object_get(check, "found"), i, other) {
		const char *its = doc__text(other, "what");

		if (strcmp(its, what) && !strcmp(last_part(its), name) && name > what + 1) {
			for (name -= 2; name > what && name[-1] != '/'; name--)
				;
			break;
		}
	}
	return name;
}

/* "halt_poll_ns 200000, halt_poll_ns_grow 2" */
static char *found_text(const json_t *check)
{
	const json_t *found;
	char *text;
	size_t len, i;
	FILE *out = alloc__stream(&text, &len);

	json_array_foreach(json_object_get(check, "found"), i, found)
		fprintf(out, "%s%s %s", i ? ", " : "", name_of(check, doc__text(found, "what")),
			doc__text(found, "value"));
	alloc__close_stream(out);
	if (strlen(text) > MAX_FOUND) {
		for (len = MAX_FOUND; len && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
			;
		strcpy(text + len - (len > 3 ? 3 : len), "...");
	}
	return text;
}

/* "latency, density" */
static char *list_of(const json_t *names)
{
	const json_t *name;
	char *text;
	size_t len, i;
	FILE *out = alloc__stream(&text, &len);

	json_array_foreach(names, i, name)
		fprintf(out, "%s%s", i ? ", " : "", json_string_value(name));
	alloc__close_stream(out);
	return text;
}

static json_t *row_of(const struct view_style *style, const json_t *check, const json_t *wanted)
{
	const char *outcome = doc__text(check, "outcome");
	char *found = found_text(check), *goals;
	json_t *for_goals = json_array(), *cells = json_array(), *row;
	const char *goal;
	const json_t *judged, *one;
	size_t i;

	json_object_foreach((json_t *)json_object_get(check, "judged"), goal, judged) {
		json_array_foreach(wanted, i, one)
			if (!strcmp(json_string_value(one), goal) &&
			    strcmp(json_string_value(judged), "ok"))
				json_array_append_new(for_goals, json_string(goal));
	}
	goals = list_of(for_goals);
	json_decref(for_goals);
	json_array_append_new(cells, json_string(outcome));
	json_array_append_new(cells, json_string(doc__text(check, "id")));
	json_array_append_new(cells, style__escaped(style, strcmp(outcome, "unreadable") ?
								   found :
								   doc__text(check, "why")));
	json_array_append_new(cells, json_string(goals));
	row = json_pack("{s:s, s:b, s:o, s:[s], s:n}", "status", "ok", "finding", 0, "cells", cells,
			"colors", color_of(outcome), "message");
	free(found);
	free(goals);
	return row;
}

static void remark(json_t *remarks, json_t *text)
{
	json_array_append_new(remarks, json_pack("{s:o, s:n}", "text", text, "column"));
}

static char *sources_text(const json_t *check)
{
	const json_t *source;
	char *text;
	size_t len, i;
	FILE *out = alloc__stream(&text, &len);

	json_array_foreach(json_object_get(check, "sources"), i, source)
		fprintf(out, "%s%s, %s", i ? "; " : "", doc__text(source, "by"),
			doc__text(source, "date"));
	alloc__close_stream(out);
	return text;
}

static bool is_wanted(const json_t *names, const json_t *wanted)
{
	const json_t *name, *one;
	size_t i, k;

	json_array_foreach(names, i, name)
		json_array_foreach(wanted, k, one)
			if (json_equal(name, one))
				return true;
	return false;
}

/* " (by tuned, 2025-07-08). Is it true here? hvbench run …": follows what is advised. */
static json_t *behind(const struct view_style *style, const json_t *check)
{
	const char *proof = doc__text(check, "proof"), *proved = doc__text(check, "proved.text");
	char *sources = sources_text(check);
	json_t *how = style__escaped(style, *proved ? proved :
					    *proof  ? proof :
						      doc__text(check, "no_proof"));
	json_t *text;

	text = json_sprintf(" (by %s). %s %s", sources,
			    *proved		  ? "Measured on this host:" :
			    !*proof		  ? "Not to be proved by one run:" :
			    strstr(proof, "--ab") ? "Is it true here?" :
						    "What it costs here:",
			    json_string_value(how));
	json_decref(how);
	free(sources);
	return text;
}

/* What is advised, by whom, and how to see whether it is true here. */
static void remark_advice(const struct view_style *style, const json_t *check, const json_t *wanted,
			  json_t *remarks)
{
	const char *contested = doc__text(check, "contested"), *id = doc__text(check, "id");
	const char *proved = doc__text(check, "proved.text");
	json_t *by = behind(style, check), *text;
	const json_t *advice;
	size_t nr = 0, i;
	char *goals;

	json_array_foreach(json_object_get(check, "advice"), i, advice) {
		if (!is_wanted(json_object_get(advice, "goals"), wanted) || nr++ >= MAX_ADVICE)
			continue;
		goals = list_of(json_object_get(advice, "goals"));
		text = style__escaped(style, doc__text(advice, "text"));
		remark(remarks,
		       json_sprintf("* %s, for %s: %s%s", id, goals, json_string_value(text),
				    nr > 1 ? "" : json_string_value(by)));
		json_decref(text);
		free(goals);
	}
	json_decref(by);
	if (nr > MAX_ADVICE)
		remark(remarks, json_sprintf("* %s: and %zu more, which -f json has all of", id,
					     nr - MAX_ADVICE));
	if (!nr && *proved) {
		text = style__escaped(style, proved);
		remark(remarks, json_sprintf("* %s", json_string_value(text)));
		json_decref(text);
	}
	if (*contested)
		remark(remarks,
		       json_sprintf("* %s: sources contradict each other: %s.", id, contested));
}

/* "not applicable: smt (the CPUs have no siblings), …" */
static void remark_rest(const struct view_style *style, const json_t *checks, json_t *remarks)
{
	char *text, *root;
	const json_t *check;
	size_t len, root_len, i;
	FILE *out = alloc__stream(&text, &len), *more = alloc__stream(&root, &root_len);
	unsigned int nr = 0, nr_root = 0;

	json_array_foreach(checks, i, check) {
		const char *adds = doc__text(check, "root_adds");

		if (*adds)
			fprintf(more, "%s%s (%s)", nr_root++ ? "; " : "", adds,
				doc__text(check, "id"));
		if (!strcmp(doc__text(check, "outcome"), "not-applicable")) {
			json_t *why = style__escaped(style, doc__text(check, "why"));

			fprintf(out, "%s%s (%s)", nr++ ? "; " : "", doc__text(check, "id"),
				json_string_value(why));
			json_decref(why);
		}
	}
	alloc__close_stream(out);
	alloc__close_stream(more);
	if (nr)
		remark(remarks, json_sprintf("Not applicable: %s.", text));
	if (nr_root)
		remark(remarks, json_sprintf("As root one would see besides: %s.", root));
	free(text);
	free(root);
}

static json_t *header_of(const struct view_style *style, const json_t *doc)
{
	static const char *const fields[] = { "host.os", "host.kernel", "host.cpu" };
	json_t *line = json_array(), *text, *count;
	char *goals = list_of(json_object_get(doc, "goals"));
	const char *outcome;

	json_array_append_new(line, json_sprintf("host, for %s", goals));
	free(goals);
	for (int i = 0; i < 3; i++) {
		text = style__escaped(style, doc__text(doc, fields[i]));
		if (json_string_length(text))
			json_array_append(line, text);
		json_decref(text);
	}
	json_array_append_new(line,
			      json_sprintf("KVM: %s%s", doc__text(doc, "host.kvm"),
					   doc__bool(doc, "host.guest") == 1 ? ", in a VM" : ""));
	json_object_foreach(json_object_get(doc, "counts"), outcome, count) {
		if (json_integer_value(count))
			json_array_append_new(line,
					      json_sprintf("%" JSON_INTEGER_FORMAT " %s",
							   json_integer_value(count), outcome));
	}
	return line;
}

json_t *doctor_view__build(const json_t *doc, const struct view_style *style)
{
	static const char *const titles[] = { "result", "check", "found", "for" };
	const json_t *checks = json_object_get(doc, "checks"), *check;
	json_t *columns = json_array(), *rows = json_array(), *remarks = json_array();
	size_t i;

	for (int c = 0; c < 4; c++)
		json_array_append_new(columns, json_pack("{s:s, s:s, s:i}", "title", titles[c],
							 "align", "left", "drop",
							 c == 2 ? 2 :
							 c == 3 ? 1 :
								  0));
	json_array_foreach(checks, i, check) {
		if (strcmp(doc__text(check, "outcome"), "not-applicable"))
			json_array_append_new(rows,
					      row_of(style, check, json_object_get(doc, "goals")));
		remark_advice(style, check, json_object_get(doc, "goals"), remarks);
	}
	remark_rest(style, checks, remarks);
	return json_pack("{s:[o], s:[{s:n, s:o, s:o, s:[]}], s:o}", "header", header_of(style, doc),
			 "tables", "title", "columns", columns, "rows", rows, "notes", "remarks",
			 remarks);
}
