// SPDX-License-Identifier: GPL-2.0-or-later
/* The figures of cells over time: see series.h. */
#include "bench/history/series.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/history/db.h"

/* So many cells are named in a query; of more all are read, and those not wanted left out. */
#define MAX_NAMED 500

void history__free_series(struct history_series *series, size_t nr)
{
	for (size_t i = 0; series && i < nr; i++) {
		free(series[i].key);
		free(series[i].label);
		free(series[i].config);
		free(series[i].backend);
		free(series[i].group);
		free(series[i].unit);
		free(series[i].points);
	}
	free(series);
}

static char *column_copy(struct db_statement *stmt, int column)
{
	return alloc__text(db_statement__text(stmt, column));
}

int history__cells(struct history *h, const struct history_filter *filter,
		   struct history_series **series, size_t *nr, struct error *err)
{
	struct db_statement *stmt = db__prepare(
		h,
		"SELECT id, key, label, config, backend, grp, unit, higher FROM cells ORDER BY id",
		err);
	int ret;

	*series = NULL;
	*nr = 0;
	if (!stmt)
		return err->code;
	while ((ret = db_statement__next(stmt, err)) > 0) {
		struct history_series *s;

		*series = alloc__room(*series, *nr, sizeof(**series));
		s = &(*series)[(*nr)++];
		*s = (struct history_series){
			.cell = db_statement__integer(stmt, 0),
			.key = column_copy(stmt, 1),
			.label = column_copy(stmt, 2),
			.config = column_copy(stmt, 3),
			.backend = column_copy(stmt, 4),
			.group = column_copy(stmt, 5),
			.unit = column_copy(stmt, 6),
			.higher_is_better = db_statement__integer(stmt, 7),
		};
		s->wanted = !filter || filter->wanted(s, filter->context);
	}
	db_statement__free(stmt);
	return ret;
}

/* The position of a result in the order of time. */
struct place {
	int64_t result;
	size_t at;
};

static int by_result(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	return (p->result > q->result) - (p->result < q->result);
}

static struct place *places_of(const json_t *results)
{
	struct place *places = alloc__need_zeroed(json_array_size(results) + 1, sizeof(*places));
	const json_t *result;
	size_t i;

	json_array_foreach(results, i, result)
		places[i] = (struct place){ json_integer_value(json_object_get(result, "id")), i };
	qsort(places, json_array_size(results), sizeof(*places), by_result);
	return places;
}

static int by_time(const void *a, const void *b)
{
	const struct history_point *p = a, *q = b;

	return (p->at > q->at) - (p->at < q->at);
}

/* Results are mostly added, and so read, in the order of time. */
static void put_in_order(struct history_series *s)
{
	for (size_t i = 1; i < s->nr; i++)
		if (s->points[i - 1].at > s->points[i].at) {
			qsort(s->points, s->nr, sizeof(*s->points), by_time);
			return;
		}
}

/* "cell IN (1, 7)": the wanted cells, or all of them. */
static char *which_cells(const struct history_series *series, size_t nr)
{
	size_t wanted = 0, len;
	char *text;
	FILE *out = alloc__stream(&text, &len);

	for (size_t i = 0; i < nr; i++)
		wanted += series[i].wanted;
	fputs("cell IN (", out);
	if (wanted == nr || wanted > MAX_NAMED)
		fputs("SELECT id FROM cells", out);
	else if (!wanted)
		fputs("NULL", out);
	for (size_t i = 0, k = 0; i < nr && wanted < nr && wanted <= MAX_NAMED; i++)
		if (series[i].wanted)
			fprintf(out, "%s%" PRId64, k++ ? ", " : "", series[i].cell);
	fputc(')', out);
	alloc__close_stream(out);
	return text;
}

static struct db_statement *prepare_figures(struct history *h, const struct history_series *series,
					    size_t nr, struct error *err)
{
	char *cells = which_cells(series, nr), *sql;
	struct db_statement *stmt;

	if (asprintf(&sql,
		     "SELECT cell, result, p50, low, high, ratio, exits FROM figures WHERE %s AND "
		     "%s",
		     cells, h->driver->figures_of_results) < 0)
		alloc__fail();
	stmt = db__prepare(h, sql, err);
	free(sql);
	free(cells);
	return stmt;
}

/* Cells are in the order of their ids. NULL: not wanted, or added meanwhile. */
static struct history_series *series_of(struct history_series *series, size_t nr, int64_t cell)
{
	size_t low = 0, high = nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (series[middle].cell < cell)
			low = middle + 1;
		else
			high = middle;
	}
	return low < nr && series[low].cell == cell && series[low].wanted ? &series[low] : NULL;
}

static void read_point(struct db_statement *stmt, struct history_series *s,
		       const struct place *places, size_t nr_results)
{
	struct place wanted = { db_statement__integer(stmt, 1), 0 };
	const struct place *found =
		bsearch(&wanted, places, nr_results, sizeof(*places), by_result);

	if (!found)
		return;
	s->points = alloc__room(s->points, s->nr, sizeof(*s->points));
	s->points[s->nr++] = (struct history_point){
		.result = wanted.result,
		.at = found->at,
		.p50 = db_statement__number(stmt, 2),
		.low = db_statement__number(stmt, 3),
		.high = db_statement__number(stmt, 4),
		.ratio = db_statement__number(stmt, 5),
		.exits = db_statement__number(stmt, 6),
	};
}

static int read_points(struct history *h, struct db_statement *stmt, const json_t *results,
		       struct history_series *series, size_t nr, struct error *err)
{
	size_t nr_results = json_array_size(results);
	struct place *places = places_of(results);
	int64_t *ids = alloc__need_zeroed(nr_results + 1, sizeof(*ids));
	struct history_series *s = NULL;
	int ret;

	for (size_t i = 0; i < nr_results; i++)
		ids[i] = places[i].result;
	h->driver->bind_results(stmt, ids, nr_results);
	while ((ret = db_statement__next(stmt, err)) > 0) {
		int64_t cell = db_statement__integer(stmt, 0);

		if (!s || s->cell != cell)
			s = series_of(series, nr, cell);
		if (s)
			read_point(stmt, s, places, nr_results);
	}
	for (size_t i = 0; i < nr; i++)
		put_in_order(&series[i]);
	free(ids);
	free(places);
	return ret;
}

int history__series(struct history *h, const json_t *results, const struct history_filter *filter,
		    struct history_series **series, size_t *nr, struct error *err)
{
	struct db_statement *stmt = NULL;
	int ret = history__cells(h, filter, series, nr, err);

	if (!ret) {
		stmt = prepare_figures(h, *series, *nr, err);
		ret = stmt ? read_points(h, stmt, results, *series, *nr, err) : err->code;
	}
	db_statement__free(stmt);
	if (ret) {
		history__free_series(*series, *nr);
		*series = NULL;
		*nr = 0;
	}
	return ret;
}
