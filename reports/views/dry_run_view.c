// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/views/dry_run_view.h"

#include <errno.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "reports/views/table.h"

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Seconds for short times, minutes for long ones. */
static const char *format_time(double seconds, int width, char *buf, size_t len)
{
	if (seconds < 600)
		snprintf(buf, len, "%*.*f s", width, seconds < 10 ? 1 : 0, seconds);
	else
		snprintf(buf, len, "%*.0f min", width - 2, seconds / 60);
	return buf;
}

static void put_cells(const json_t *cells, FILE *out)
{
	struct table table;
	const json_t *cell;
	char time[32];
	size_t i;

	table__init(&table, &renderer_text);
	table__column(&table, "workload", "left", 0);
	table__column(&table, "backend", "left", 0);
	table__column(&table, "configuration", "left", 0);
	table__column(&table, "rounds", "point", 0);
	table__column(&table, "about", "right", 8);
	json_array_foreach(cells, i, cell) {
		const char *skipped = text_of(cell, "skipped");

		table__row(&table);
		table__text(&table, text_of(cell, "label"));
		table__text(&table, text_of(cell, "backend"));
		table__text(&table, text_of(json_object_get(cell, "config"), "name"));
		table__figure(&table, "%.0f", json_number_value(json_object_get(cell, "rounds")));
		table__figure(&table, "%s",
			      format_time(json_number_value(json_object_get(cell, "estimated_s")),
					  6, time, sizeof(time)));
		if (skipped)
			table__message(&table, "skipped", skipped);
	}
	table__put(&table, out, NULL);
	table__free(&table);
}

int dry_run_view__put(const json_t *plan, FILE *out)
{
	/* Names come from files that anyone may have written. */
	json_t *doc = json__clean_copy(plan);
	const json_t *cells = json_object_get(doc, "cells");
	json_int_t excluded = json_integer_value(json_object_get(doc, "excluded"));
	json_int_t same = json_integer_value(json_object_get(doc, "same"));
	double rounds = json_number_value(json_object_get(doc, "rounds"));
	double most = json_number_value(json_object_get(doc, "most_rounds"));
	const char *what = text_of(doc, "what");
	char text[64];

	fprintf(out, "%s%s%s\n", text_of(doc, "name"), *what ? ": " : "", what);
	fprintf(out, "%zu cell%s, %s: about ", json_array_size(cells),
		json_array_size(cells) == 1 ? "" : "s",
		units__format_rounds(rounds, most, text, sizeof(text)));
	fprintf(out, "%s\n\n",
		format_time(json_number_value(json_object_get(doc, "estimated_s")), 0, text,
			    sizeof(text)));
	put_cells(cells, out);
	if (excluded || same)
		fputc('\n', out);
	if (excluded)
		fprintf(out, "%lld combination%s excluded\n", (long long)excluded,
			excluded == 1 ? " is" : "s are");
	if (same)
		fprintf(out, "%lld cell%s left out: the command line makes %s the same as others\n",
			(long long)same, same == 1 ? " is" : "s are", same == 1 ? "it" : "them");
	json_decref(doc);
	return fflush(out) ? -errno : 0;
}
