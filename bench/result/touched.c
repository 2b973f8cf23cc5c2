// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/result/touched.h"

#include <math.h>
#include <stdio.h>

#include "bench/result/doc.h"

#define LINE_BYTES 64
#define L1_BYTES   (32 << 10) /* in most x86 processors since 2006 */

/* Those that tell most come first. */
static const struct {
	const char *name, *what;
} counts[] = {
	{ "code_lines", "code lines" },
	{ "data_lines", "data lines" },
	{ "data_lines_written", "lines written" },
	{ "code_pages", "code pages" },
	{ "data_pages", "data pages" },
	{ "loads", "loads" },
	{ "stores", "stores" },
	{ "branches", "branches" },
	{ "branches_taken", "branches taken" },
	{ "indirect", "indirect" },
	{ "returns", "returns" },
	{ "locked", "locked" },
	{ "insn_user", "instructions in user space" },
};

#define NR_COUNTS (sizeof(counts) / sizeof(counts[0]))

static bool is_known(const json_t *footprint)
{
	return isfinite(doc__number(footprint, "code_lines"));
}

bool touched__sentence(const json_t *footprint, char *text, size_t len)
{
	double code = doc__number(footprint, "code_lines");
	double data = doc__number(footprint, "data_lines");

	text[0] = '\0';
	if (!isfinite(code) || !isfinite(data))
		return false;
	snprintf(text, len,
		 "touches %.0f lines of code, %.0f %% of a 32 KiB L1I, and %.0f lines of data, "
		 "%.0f %% of a 32 KiB L1D",
		 code, 100 * code * LINE_BYTES / L1_BYTES, data,
		 100 * data * LINE_BYTES / L1_BYTES);
	return true;
}

bool touched__changes(const json_t *base, const json_t *new, char *text, size_t len)
{
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < NR_COUNTS && is_known(base) && is_known(new); i++) {
		double was = doc__number(base, counts[i].name);
		double is = doc__number(new, counts[i].name);

		if (isfinite(was) && isfinite(is) && was != is && n < len)
			n += (size_t)snprintf(text + n, len - n, "%s%s %.0f -> %.0f", n ? ", " : "",
					      counts[i].what, was, is);
	}
	return n;
}

json_t *touched__to_json(const json_t *base, const json_t *new)
{
	json_t *o;

	if (!is_known(base) || !is_known(new))
		return json_null();
	o = json_object();
	for (size_t i = 0; i < NR_COUNTS; i++) {
		json_t *was = json_object_get(base, counts[i].name);
		json_t *is = json_object_get(new, counts[i].name);

		if (json_is_integer(was) && json_is_integer(is))
			json_object_set_new(o, counts[i].name,
					    json_pack("{s:O, s:O}", "base", was, "new", is));
	}
	return o;
}

bool touched__is_known(const json_t *doc)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		if (is_known(json_object_get(cell, "footprint")))
			return true;
	return false;
}
