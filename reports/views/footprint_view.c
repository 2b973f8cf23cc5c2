// SPDX-License-Identifier: GPL-2.0-or-later
/* What each exit touches, as a table: see footprint_view.h. */
#include "reports/views/footprint_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/result/doc.h"
#include "bench/result/touched.h"

static double count(const json_t *cell, const char *name)
{
	return doc__number(json_object_get(cell, "footprint"), name);
}

/* "1,437": with separators figures are easier to compare by eye. */
static char *grouped(double value, char *buf, size_t len)
{
	long long n = (long long)value;

	if (!isfinite(value) || n < 0)
		snprintf(buf, len, "-");
	else if (n < 1000)
		snprintf(buf, len, "%lld", n);
	else if (n < 1000000)
		snprintf(buf, len, "%lld,%03lld", n / 1000, n % 1000);
	else
		snprintf(buf, len, "%lld,%03lld,%03lld", n / 1000000, n / 1000 % 1000, n % 1000);
	return buf;
}

static json_t *one(const json_t *cell, const char *name)
{
	char a[32];

	return json_string(grouped(count(cell, name), a, sizeof(a)));
}

static json_t *two(const json_t *cell, const char *first, const char *second, const char *fmt)
{
	char a[32], b[32], text[80];

	grouped(count(cell, first), a, sizeof(a));
	grouped(count(cell, second), b, sizeof(b));
	/* The formats "%s + %s" and the like are all in this file. */
	snprintf(text, sizeof(text), *fmt == '+' ? "%s + %s" : "%s (%s)", a, b);
	return json_string(text);
}

/* "VMRUN, 2 VMLOAD" */
static json_t *privileged(const json_t *cell, const struct view_style *style)
{
	const json_t *list = doc__at(cell, "footprint.privileged"), *value;
	json_t *text = json_string("");
	const char *name;

	if (!json_is_object(list))
		return text;
	json_object_foreach((json_t *)list, name, value) {
		json_int_t n = json_integer_value(value);
		json_t *clean = style__escaped(style, name), *longer;
		const char *sep = json_string_length(text) ? ", " : "";

		longer = n == 1 ? json_sprintf("%s%s%s", json_string_value(text), sep,
					       json_string_value(clean)) :
				  json_sprintf("%s%s%lld %s", json_string_value(text), sep,
					       (long long)n, json_string_value(clean));
		json_decref(clean);
		json_decref(text);
		text = longer ?: json_string("");
	}
	return text;
}

static const char *label_of(const json_t *cell)
{
	const char *label = doc__text(cell, "label");

	return *label ? label : doc__text(cell, "workload");
}

static json_t *row(const json_t *cell, const struct view_style *style)
{
	const char *why = doc__text(cell, "footprint.why");
	bool known = isfinite(count(cell, "insn"));
	json_t *cells = json_array();

	json_array_append_new(cells, style__escaped(style, label_of(cell)));
	json_array_append_new(cells, two(cell, "insn", "insn_user", "("));
	json_array_append_new(cells, two(cell, "loads", "stores", "+"));
	json_array_append_new(cells, one(cell, "code_lines"));
	json_array_append_new(cells, two(cell, "data_lines", "data_lines_written", "("));
	json_array_append_new(cells, two(cell, "code_pages", "data_pages", "+"));
	json_array_append_new(cells, two(cell, "branches", "branches_taken", "("));
	json_array_append_new(cells, one(cell, "indirect"));
	json_array_append_new(cells, one(cell, "returns"));
	json_array_append_new(cells, one(cell, "locked"));
	json_array_append_new(cells, privileged(cell, style));
	return json_pack("{s:s, s:b, s:o, s:o}", "status", known ? "ok" : "skipped", "finding", 0,
			 "cells", cells, "message",
			 known ? json_null() :
				 style__escaped(style, *why ? why : "no reason is given"));
}

bool footprint_view__is_there(const json_t *doc)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		if (json_is_object(json_object_get(cell, "footprint")))
			return true;
	return false;
}

json_t *footprint_view__table(const json_t *doc, const struct view_style *style)
{
	static const struct {
		const char *title;
		int drop;
	} columns[] = {
		{ "workload", 0 },
		{ "instructions (user)", 0 },
		{ "loads + stores", 4 },
		{ "code lines", 0 },
		{ "data lines (written)", 0 },
		{ "pages: code + data", 2 },
		{ "branches (taken)", 3 },
		{ "indirect", 5 },
		{ "returns", 5 },
		{ "locked", 5 },
		{ "privileged", 6 },
	};
	const size_t nr = sizeof(columns) / sizeof(columns[0]);
	json_t *titles, *rows, *cell;
	size_t i;

	if (!footprint_view__is_there(doc))
		return NULL;
	titles = json_array();
	rows = json_array();
	for (i = 0; i < nr; i++)
		json_array_append_new(titles,
				      json_pack("{s:s, s:s, s:i}", "title", columns[i].title,
						"align", i && i + 1 < nr ? "right" : "left", "drop",
						columns[i].drop));
	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		if (json_is_object(json_object_get(cell, "footprint")))
			json_array_append_new(rows, row(cell, style));
	return json_pack("{s:o, s:o, s:o, s:[]}", "title",
			 style__escaped(style, FOOTPRINT_VIEW_TITLE), "columns", titles, "rows",
			 rows, "notes");
}

json_t *footprint_view__legend(void)
{
	return json_string(
		"footprint: what the host executes and touches from the guest's instruction "
		"that exits to its next one, of the exit on the path. Lines of 64 bytes and "
		"pages of 4 KiB are distinct ones; counted, not timed: which of them miss a "
		"cache is not in it.");
}

json_t *footprint_view__largest(const json_t *doc, const struct view_style *style)
{
	const json_t *cell, *largest = NULL;
	char touched[256];
	json_t *label, *text;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		if (isfinite(count(cell, "code_lines")) &&
		    (!largest || count(cell, "code_lines") > count(largest, "code_lines")))
			largest = cell;
	if (!largest ||
	    !touched__sentence(json_object_get(largest, "footprint"), touched, sizeof(touched)))
		return NULL;
	label = style__escaped(style, label_of(largest));
	text = json_sprintf("Most code: %s %s.", json_string_value(label), touched);
	json_decref(label);
	return text;
}

/* The parts of a model, as titles have them; TLBs have entries, not bytes. */
static const struct {
	const char *name, *title;
	bool tlb;
} parts[] = {
	{ "l1i", "L1I", false },  { "l1d", "L1D", false },  { "l2", "L2", false },
	{ "itlb", "ITLB", true }, { "dtlb", "DTLB", true },
};

#define NR_PARTS (sizeof(parts) / sizeof(parts[0]))

static const json_t *model_of(const json_t *cell)
{
	const json_t *model = doc__at(cell, "footprint.model");

	return json_is_object(model) ? model : NULL;
}

/* "L1I 32 KiB / 8" */
static json_t *part_title(const json_t *model, size_t i)
{
	const json_t *part = json_object_get(model, parts[i].name);
	double size = doc__number(part, "size"), ways = doc__number(part, "ways");

	if (parts[i].tlb)
		return json_sprintf("%s %.0f / %.0f", parts[i].title, size, ways);
	return json_sprintf("%s %.0f KiB / %.0f", parts[i].title, size / 1024, ways);
}

static const json_t *first_model(const json_t *doc)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		if (model_of(cell))
			return model_of(cell);
	return NULL;
}

bool footprint_view__has_model(const json_t *doc)
{
	return first_model(doc);
}

json_t *footprint_view__model(const json_t *doc, const struct view_style *style)
{
	const json_t *model = first_model(doc), *cell;
	json_t *titles, *rows;
	size_t i;

	if (!model)
		return NULL;
	titles = json_pack("[{s:s, s:s, s:i}]", "title", "workload", "align", "left", "drop", 0);
	for (i = 0; i < NR_PARTS; i++)
		json_array_append_new(titles,
				      json_pack("{s:o, s:s, s:i}", "title", part_title(model, i),
						"align", "right", "drop", 0));
	rows = json_array();
	json_array_foreach(json_object_get(doc, "cells"), i, cell) {
		json_t *cells = json_array();

		if (!model_of(cell)) {
			json_decref(cells);
			continue;
		}
		json_array_append_new(cells, style__escaped(style, label_of(cell)));
		for (size_t k = 0; k < NR_PARTS; k++) {
			char figure[32];
			const json_t *part = json_object_get(model_of(cell), parts[k].name);

			json_array_append_new(cells,
					      json_string(grouped(doc__number(part, "misses"),
								  figure, sizeof(figure))));
		}
		json_array_append_new(rows, json_pack("{s:s, s:b, s:o, s:n}", "status", "ok",
						      "finding", 0, "cells", cells, "message"));
	}
	return json_pack("{s:o, s:o, s:o, s:[]}", "title",
			 style__escaped(style, FOOTPRINT_VIEW_MODEL_TITLE), "columns", titles,
			 "rows", rows, "notes");
}

json_t *footprint_view__model_legend(const json_t *doc, const struct view_style *style)
{
	const char *preset = doc__text(first_model(doc), "preset");
	json_t *name = style__escaped(style, preset), *text;

	text = json_sprintf(
		"model%s%s: what would miss in such caches (size or entries / ways, lines of 64 "
		"bytes, pages of 4 KiB, least recently used out first, nothing prefetched or "
		"flushed), of exits as long the one in the middle. No processor was measured, and "
		"it is no time.",
		*preset ? ", sizes as of " : "", json_string_value(name));
	json_decref(name);
	return text;
}
