// SPDX-License-Identifier: GPL-2.0-or-later
/* Percentile curves of operations that were timed one by one. */
#include "reports/charts/chart_kinds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/result/doc.h"

#define MAX_CHARTS 6
#define MAX_TAIL   7 /* nines of the highest percentile */

/* Writes the percentile curve of a cell, from its histogram of single operations. */
static bool put_curve(const struct entry *e, const char *name, json_t *files, const char *file_name,
		      double *longest)
{
	const json_t *buckets = doc__at(e->cell, "latency.buckets"), *bucket;
	double total = 0, below = 0, factor = chart__factor(doc__text(e->cell, "latency.unit"));
	struct data_file f;
	size_t i;

	json_array_foreach(buckets, i, bucket)
		total += fmax(json_number_value(json_array_get(bucket, 2)), 0);
	if (!(total >= 10))
		return false;
	data_file__open(&f);
	fprintf(f.stream, "%s\n", name);
	json_array_foreach(buckets, i, bucket) {
		double low = json_number_value(json_array_get(bucket, 0));
		double high = json_number_value(json_array_get(bucket, 1));
		double count = fmax(json_number_value(json_array_get(bucket, 2)), 0), tail;

		if (!i)
			fprintf(f.stream, "0\t%.9g\n", factor * fmax(low, 1e-3));
		below += count;
		tail = fmin(-log10(fmax((total - below) / total, 1 / total)), MAX_TAIL);
		*longest = fmax(*longest, tail);
		/* The bucket's top may lie above the longest operation that occurred. */
		high = fmin(high, fmax(doc__number(e->cell, "latency.max"), low));
		fprintf(f.stream, "%.6f\t%.9g\n", tail, factor * fmax(high, 1e-3));
	}
	data_file__close(&f, files, file_name);
	return true;
}

/* Which of the cells with a histogram are drawn in which chart. */
struct share {
	const struct entry *const *list;
	size_t nr, drawn, all;
	unsigned int part; /* 0: there is only one chart */
};

static json_t *caption_of(const struct share *share)
{
	const char *what = "Each operation timed by itself, all rounds together; includes the "
			   "time of reading the clock. Towards the right ever rarer operations.";

	if (share->drawn == share->all)
		return json_string(what);
	return json_sprintf(
		"%s Of %zu cells the first %zu are drawn; the p99 of all is in the table.", what,
		share->all, share->drawn);
}

/* Room for the numbers of a chart's curves: MAX_SERIES, of several results a few more. */
#define LINES_ROOM 256

/* Appends to "1 1 2": one for each curve. */
static void add_number(char list[LINES_ROOM], size_t number)
{
	size_t len = strlen(list);

	snprintf(list + len, LINES_ROOM - len, "%s%zu", len ? " " : "", number);
}

/* Colour is the workload, dash what it was measured in: the result, the setting. */
static json_t *latency_chart(const struct section *s, const struct share *share)
{
	const struct entry *const *list = share->list;
	json_t *title = share->part ? json_sprintf("%s: latency of single operations (%u)",
						   s->group, share->part) :
				      json_sprintf("%s: latency of single operations", s->group);
	json_t *chart = chart__new(s->group, "latency", "percentiles", title, caption_of(share));
	const char *unit = doc__text(list[0]->cell, "latency.unit");
	json_t *labels = json_object(), *sides = json_object();
	char colors[LINES_ROOM] = "", dashes[LINES_ROOM] = "", name[32];
	double longest = 1;
	size_t series = 0;

	for (size_t i = 0; i < share->nr; i++) {
		json_t *both = json_object_size(s->series) > 1 ?
				       json_sprintf("%s, %s", json_string_value(list[i]->label),
						    json_string_value(list[i]->series)) :
				       json_incref(list[i]->label);

		snprintf(name, sizeof(name), "d%zu.dat", series);
		if (put_curve(list[i], json_string_value(both), json_object_get(chart, "files"),
			      name, &longest)) {
			add_number(colors, name_index__of(labels, list[i]->label) + 1);
			add_number(dashes, name_index__of(sides, list[i]->series) + 1);
			series++;
		}
		json_decref(both);
	}
	json_decref(labels);
	json_decref(sides);
	chart__set_text(chart, "colors", colors);
	chart__set_text(chart, "dashes", dashes);
	chart__set_number(chart, "series", (double)series);
	/* A little beyond the number that is written for the longest. */
	chart__set_number(chart, "xhigh", longest + 1e-3);
	chart__set_axis(chart, "y", unit, "latency", doc__number(list[0]->cell, "latency.p50"),
			true);
	if (series)
		return chart;
	json_decref(chart);
	return NULL;
}

/* Entries of the same row stay in their order. */
static int by_row(const void *a, const void *b)
{
	const struct entry *p = *(const struct entry *const *)a,
			   *q = *(const struct entry *const *)b;

	return p->row != q->row ? (p->row > q->row) - (p->row < q->row) : (p > q) - (p < q);
}

/*
 * Puts together what is to be compared: the same workload in all series. Returns how many entries
 * there are.
 */
static size_t in_order(const struct section *s, const struct entry **list)
{
	size_t nr = 0;

	for (size_t i = 0; i < s->nr; i++)
		if (json_array_size(doc__at(s->entries[i].cell, "latency.buckets")))
			list[nr++] = &s->entries[i];
	qsort(list, nr, sizeof(*list), by_row);
	return nr;
}

/*
 * As many charts as needed for few enough curves in each, up to a number that is still worth
 * looking at.
 */
static void add(const struct section *s, json_t *charts)
{
	const struct entry **list = alloc__need_zeroed(s->nr + 1, sizeof(*list));
	struct share share = { .all = in_order(s, list) };
	size_t each, parts, series = json_object_size(s->series);

	share.drawn = share.all < MAX_CHARTS * MAX_SERIES ? share.all : MAX_CHARTS * MAX_SERIES;
	parts = (share.drawn + MAX_SERIES - 1) / MAX_SERIES;
	each = parts ? (share.drawn + parts - 1) / parts : 0;
	/* Without splitting one workload's curves over two charts. */
	if (each + series - 1 <= MAX_SERIES && series)
		each += (series - each % series) % series;
	for (size_t p = 0; p < parts && p * each < share.drawn; p++) {
		json_t *chart;

		share.list = list + p * each;
		share.nr = share.drawn - p * each < each ? share.drawn - p * each : each;
		share.part = parts > 1 ? (unsigned int)p + 1 : 0;
		chart = latency_chart(s, &share);
		if (chart)
			json_array_append_new(charts, chart);
	}
	free(list);
}

DEFINE_SCRIPT(percentiles);
DEFINE_CHART(latency) = {
	.order = 70,
	.add = add,
};
