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

static const struct {
	const char *name, *what;
} parts[] = {
	{ "l1i", "L1I" }, { "l1d", "L1D" }, { "l2", "L2" }, { "itlb", "ITLB" }, { "dtlb", "DTLB" },
};

#define NR_PARTS (sizeof(parts) / sizeof(parts[0]))

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

/* A figure of a part of a model; NAN: there is none. */
static double of_part(const json_t *footprint, size_t i, const char *figure)
{
	return doc__number(json_object_get(json_object_get(footprint, "model"), parts[i].name),
			   figure);
}

bool touched__modelled(const json_t *footprint, char *text, size_t len)
{
	const char *preset = doc__text(footprint, "model.preset");
	double misses[NR_PARTS];

	text[0] = '\0';
	for (size_t i = 0; i < NR_PARTS; i++) {
		misses[i] = of_part(footprint, i, "misses");
		if (!isfinite(misses[i]))
			return false;
	}
	snprintf(text, len,
		 "in a model of %.40s%s caches %.0f lines miss L1I, %.0f L1D, %.0f L2; %.0f pages "
		 "ITLB, %.0f DTLB",
		 *preset ? preset : "some", *preset ? "'s" : "", misses[0], misses[1], misses[2],
		 misses[3], misses[4]);
	return true;
}

/* Adds what changed to a text that is `n` long; returns how long it is. */
static size_t add_change(char *text, size_t len, size_t n, const char *before, const char *what,
			 double was, double is)
{
	if (!isfinite(was) || !isfinite(is) || was == is || n >= len)
		return n;
	return n + (size_t)snprintf(text + n, len - n, "%s%s%s %.0f -> %.0f", n ? ", " : "", before,
				    what, was, is);
}

static bool is_same_part(const json_t *base, const json_t *new, size_t i)
{
	return of_part(base, i, "size") == of_part(new, i, "size") &&
	       of_part(base, i, "ways") == of_part(new, i, "ways");
}

bool touched__changes(const json_t *base, const json_t *new, char *text, size_t len)
{
	size_t n = 0;

	text[0] = '\0';
	if (!is_known(base) || !is_known(new))
		return false;
	for (size_t i = 0; i < NR_COUNTS; i++)
		n = add_change(text, len, n, "", counts[i].what, doc__number(base, counts[i].name),
			       doc__number(new, counts[i].name));
	for (size_t i = 0; i < NR_PARTS; i++)
		if (is_same_part(base, new, i))
			n = add_change(text, len, n, "modelled misses of ", parts[i].what,
				       of_part(base, i, "misses"), of_part(new, i, "misses"));
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
