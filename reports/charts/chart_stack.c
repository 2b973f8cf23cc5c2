// SPDX-License-Identifier: GPL-2.0-or-later
/* Bars made of parts: see chart_stack.h. */
#include "reports/charts/chart_stack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/result/doc.h"
#include "reports/charts/script.h"

typedef json_t *(*parts_of)(const json_t *cell);

#define MAX_PARTS   7  /* the rest becomes "other" */
#define NAME_HEIGHT 13 /* of a bar with a name, in pixels */

static int by_size(const void *a, const void *b)
{
	double x = json_real_value(json_array_get(*(json_t *const *)a, 1));
	double y = json_real_value(json_array_get(*(json_t *const *)b, 1));

	return (x < y) - (x > y);
}

/* The names of all parts, largest sums first; those beyond MAX_PARTS become "other". */
static json_t *part_names(const struct section *s, parts_of parts, bool sorted)
{
	json_t *sums = json_object(), *names = json_object(), *value, **list;
	const char *name;
	size_t nr = 0;

	for (size_t i = 0; i < s->nr; i++) {
		json_t *object = parts(s->entries[i].cell);

		json_object_foreach(object, name, value)
			json_object_set_new(sums, name,
					    json_real(
						    json_real_value(value) +
						    json_real_value(json_object_get(sums, name))));
		json_decref(object);
	}
	list = alloc__need_zeroed(json_object_size(sums) + 1, sizeof(*list));
	json_object_foreach(sums, name, value)
		list[nr++] = json_pack("[s, O]", name, value);
	if (sorted)
		qsort(list, nr, sizeof(*list), by_size);
	for (size_t i = 0; i < nr; i++) {
		if (i < MAX_PARTS)
			name_index__of(names, json_array_get(list[i], 0));
		json_decref(list[i]);
	}
	if (nr > MAX_PARTS)
		json_object_set_new(names, "other", json_integer(MAX_PARTS));
	free(list);
	json_decref(sums);
	return names;
}

/*
 * Writes one file for each part; a bar's parts follow each other in the order of the names. Returns
 * the longest bar.
 */
static double put_stack(const struct section *s, json_t *chart, const json_t *names, parts_of parts)
{
	size_t nr = json_object_size(names);
	struct data_file *files = alloc__need_zeroed(nr + 1, sizeof(*files));
	double longest = 0;
	char file_name[32];

	for (size_t p = 0; p < nr; p++) {
		data_file__open(&files[p]);
		fprintf(files[p].stream, "%s\n", name_index__at(names, p));
	}
	for (size_t i = 0; i < s->nr; i++) {
		const struct entry *e = &s->entries[i];
		json_t *object = parts(e->cell), *value;
		double sums[MAX_PARTS + 1] = { 0 }, from = 0;
		const char *name;

		json_object_foreach(object, name, value) {
			const json_t *index = json_object_get(names, name);

			sums[index ? json_integer_value(index) : MAX_PARTS] +=
				json_real_value(value);
		}
		for (size_t p = 0; p < nr; p++) {
			if (sums[p] > 0)
				fprintf(files[p].stream, "%.9g\t%.9g\t%.4f\t%.4f\n", from,
					from + sums[p], section__place(s, e),
					0.34 / (double)s->most_beside);
			from += sums[p];
		}
		longest = fmax(longest, from);
		json_decref(object);
	}
	for (size_t p = 0; p < nr; p++) {
		snprintf(file_name, sizeof(file_name), "d%zu.dat", p);
		data_file__close(&files[p], json_object_get(chart, "files"), file_name);
	}
	free(files);
	return longest;
}

/* Marks for expected numbers that are constant: one for each row. */
static void put_marks(const struct section *s, json_t *chart, bool wanted)
{
	json_t *seen = json_object();
	bool any = false;
	struct data_file f;

	data_file__open(&f);
	for (size_t i = 0; wanted && i < s->nr; i++) {
		const struct entry *e = &s->entries[i];
		double expected = doc__number(e->cell, "exits.expected_total");

		if (!isfinite(expected) || json_object_get(seen, json_string_value(e->label)))
			continue;
		json_object_set_new(seen, json_string_value(e->label), json_true());
		fprintf(f.stream, "%.9g\t%zu\n", expected, e->row + 1);
		any = true;
	}
	/* gnuplot needs at least one line. */
	fprintf(f.stream, "NaN\tNaN\n");
	data_file__close(&f, json_object_get(chart, "files"), "marks.dat");
	json_decref(seen);
	chart__set_number(chart, "marks", any);
}

/*
 * Behind each bar of several in a row: whose it is. Sets how long the longest name is; 0, and
 * false, where no bar has one.
 */
static bool put_names(const struct section *s, json_t *chart, parts_of parts)
{
	bool any = s->most_beside > 1 && json_object_size(s->series) > 1;
	size_t longest = 0;
	struct data_file f;

	data_file__open(&f);
	for (size_t i = 0; any && i < s->nr; i++) {
		const struct entry *e = &s->entries[i];
		json_t *object = parts(e->cell), *value,
		       *cut = chart__text(json_string_value(e->series), SHORT_LABEL);
		const char *name;
		double end = 0;

		json_object_foreach(object, name, value)
			end += fmax(json_real_value(value), 0);
		longest = json_string_length(e->series) > longest ? json_string_length(e->series) :
								    longest;
		fprintf(f.stream, "%.9g\t%.4f\t%s\t%s\n", end, section__place(s, e),
			json_string_value(e->series), json_string_value(cut));
		json_decref(object);
		json_decref(cut);
	}
	/* gnuplot needs at least one line. */
	fprintf(f.stream, "NaN\tNaN\t\t\n");
	data_file__close(&f, json_object_get(chart, "files"), "names.dat");
	chart__set_number(chart, "names", (double)longest);
	return any;
}

/* The entries of a section that have bars. */
static struct section with_parts(const struct section *s, parts_of parts)
{
	struct section some = *s;

	some.nr = 0;
	some.series = json_incref(s->series);
	some.entries = alloc__need_zeroed(s->nr + 1, sizeof(*some.entries));
	for (size_t i = 0; i < s->nr; i++) {
		json_t *object = parts(s->entries[i].cell);

		if (object) {
			struct entry *e = &some.entries[some.nr++];

			*e = s->entries[i];
			json_incref(e->label);
			json_incref(e->series);
		}
		json_decref(object);
	}
	section__arrange(&some);
	return some;
}

json_t *chart_stack__make(const struct section *all, const struct stack_kind *kind, json_t *title,
			  json_t *caption)
{
	struct section s = with_parts(all, kind->parts);
	bool exits = kind->exits, named;
	json_t *chart = chart__new(s.group, kind->name, "stack", title, caption);
	json_t *names = part_names(&s, kind->parts, kind->sorted);
	double longest = put_stack(&s, chart, names, kind->parts);

	put_marks(&s, chart, exits);
	for (size_t i = 0; exits && i < s.nr; i++) {
		double expected = doc__number(s.entries[i].cell, "exits.expected_total");

		longest = isfinite(expected) ? fmax(longest, expected) : longest;
	}
	section__put_ticks(&s, json_object_get(chart, "files"));
	chart__set_number(chart, "series", (double)json_object_size(names));
	section__set_rows(&s, chart);
	/* Names behind the bars need room, and bars as high as letters. */
	named = put_names(&s, chart, kind->parts);
	chart__set_number(chart, "xhigh", longest * 1.05);
	if (named)
		json_object_set_new(chart, "row_height",
				    json_integer(8 + NAME_HEIGHT * (int)s.most_beside));
	if (exits) {
		chart__set_text(chart, "xunit", "");
		chart__set_text(chart, "xlabel", "exits per operation");
	} else {
		const char *unit = strcmp(s.unit, "insn") ? "ns" : s.unit;

		chart__set_axis(chart, "x", unit, chart__cost_in_words(unit),
				longest / chart__factor(unit) / 2, false);
	}
	json_decref(names);
	/* Without any bar there is no chart. */
	if (!(longest > 0)) {
		json_decref(chart);
		chart = NULL;
	}
	section__destroy(&s);
	return chart;
}

DEFINE_SCRIPT(stack);
