// SPDX-License-Identifier: GPL-2.0-or-later
/* Exit paths side by side: see path_table.h. */
#include "bench/lab/path_table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/clean_text.h"
#include "bench/base/json.h"
#include "bench/result/doc.h"

void paths__init(struct paths *paths)
{
	memset(paths, 0, sizeof(*paths));
}

void paths__free(struct paths *paths)
{
	for (unsigned int i = 0; i < paths->nr_docs; i++)
		json_decref(paths->docs[i]);
	free(paths->rows);
	memset(paths, 0, sizeof(*paths));
}

static void label_of(const json_t *cell, char *label, size_t len)
{
	const char *name = doc__text(cell, "label"), *config = doc__text(cell, "config.name");
	bool plain = !*config || !strcmp(config, "default");

	snprintf(label, len, "%s%s%s%s", *name ? name : doc__text(cell, "workload"),
		 plain ? "" : " (", plain ? "" : config, plain ? "" : ")");
}

static struct path_row *find_row(struct paths *paths, const char *label, const char *unit)
{
	struct path_row *rows;

	for (unsigned int i = 0; i < paths->nr_rows; i++)
		if (!strcmp(paths->rows[i].label, label))
			return &paths->rows[i];
	rows = reallocarray(paths->rows, paths->nr_rows + 1, sizeof(*rows));
	if (!rows)
		return NULL;
	paths->rows = rows;
	rows += paths->nr_rows++;
	memset(rows, 0, sizeof(*rows));
	snprintf(rows->label, sizeof(rows->label), "%s", label);
	rows->unit = unit;
	for (unsigned int i = 0; i < PATHS_MAX; i++)
		rows->figures[i].why = "";
	return rows;
}

int paths__add(struct paths *paths, const char *name, json_t *doc, struct error *err)
{
	unsigned int d = paths->nr_docs;
	json_t *cell;
	size_t i;

	if (d == PATHS_MAX)
		return error__set(err, -E2BIG, "more than %d hosts in one table", PATHS_MAX);
	clean_text(paths->names[d], sizeof(paths->names[d]), name, strlen(name));
	/* Its texts appear in tables and sentences of several formats, so clean them once. */
	doc = json__clean_copy(doc);
	paths->docs[d] = doc;
	paths->nr_docs++;
	json_array_foreach(json_object_get(doc, "cells"), i, cell) {
		struct path_figure *f;
		struct path_row *row;
		char label[256];

		label_of(cell, label, sizeof(label));
		/* Cutting the text may have split a character. */
		clean_text__in_place(label, sizeof(label));
		row = find_row(paths, label, doc__text(cell, "unit"));
		if (!row)
			return error__set(err, -ENOMEM, "out of memory");
		f = &row->figures[d];
		f->ok = !strcmp(doc__text(cell, "status"), "ok");
		f->failed = !strcmp(doc__text(cell, "status"), "failed");
		f->p50 = doc__number(cell, "summary.p50");
		f->min = doc__number(cell, "summary.min");
		f->exits = doc__number(cell, "exits.per_op.total");
		f->per_op = doc__at(cell, "exits.per_op");
		f->touched = json_object_get(cell, "footprint");
		f->why = doc__text(cell, "reason");
		f->no_path = f->ok && doc__lacks_path(cell);
		row->decoded |= doc__bool(cell, "software_decoding") == 1;
		if (f->ok)
			row->unit = doc__text(cell, "unit");
		if (f->ok && isnan(f->p50))
			f->ok = false;
	}
	return 0;
}

void paths__add_label(const struct path_row *row, struct table *table)
{
	char label[sizeof(row->label) + 2];

	snprintf(label, sizeof(label), "%s%s", row->label,
		 row->decoded && table__is_for_people(table) ? " *" : "");
	table__text(table, label);
}

void paths__note_decoding(const struct paths *paths, const char *before, FILE *out)
{
	for (unsigned int i = 0; i < paths->nr_rows; i++)
		if (paths->rows[i].decoded) {
			fprintf(out,
				"%s* In QEMU's SVM lanes most is the decoding in "
				"software of "
				"the instruction that exits, which hardware with NRIPS does not "
				"need (lane svm-bochs).\n",
				before);
			return;
		}
}

char *paths__format(const struct path_figure *figure, bool people, char *buf, size_t len)
{
	char digits[32];
	size_t n = 0, nr;

	if (!figure->ok || !people) {
		snprintf(buf, len, figure->ok ? "%.12g" : people ? "-" : "", figure->p50);
		return buf;
	}
	if (fabs(figure->p50) < 100) {
		snprintf(buf, len, "%.2f", figure->p50);
		return buf;
	}
	nr = snprintf(digits, sizeof(digits), "%.0f", figure->p50);
	for (size_t i = 0; i < nr && n + 2 < len; i++) {
		if (i && (nr - i) % 3 == 0 && digits[i - 1] != '-')
			buf[n++] = ',';
		buf[n++] = digits[i];
	}
	buf[n] = '\0';
	return buf;
}
