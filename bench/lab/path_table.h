/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exit paths side by side: several result documents of the same plan in one table, with a row for
 * each cell and a column for each document. Figures are exact, so any difference is real.
 */
#ifndef HVBENCH_PATH_TABLE_H
#define HVBENCH_PATH_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "bench/base/error.h"
#include "reports/views/table.h"

#define PATHS_MAX 32 /* documents */

struct path_figure {
	bool ok, failed;	/* neither: skipped, without a figure, or there is no such cell */
	bool no_path;		/* the median of samples that differ: see doc__lacks_path() */
	double p50, min, exits; /* exits per operation, NAN: not known */
	const char *why;	/* the reason if not ok; "" if there is no such cell.
					 * Belongs to the document */
	const json_t *touched;	/* its footprint, NULL: there is none */
	const json_t *per_op;	/* exits by reason, may be NULL */
};

struct path_row {
	char label[256]; /* "rdmsr:msr=27", with the configuration unless that is
					 * the default */
	const char *unit;
	bool decoded; /* on some host it includes the decoding of the instruction in software */
	struct path_figure figures[PATHS_MAX];
};

struct paths {
	unsigned int nr_docs, nr_rows;
	char names[PATHS_MAX][96]; /* column titles */
	json_t *docs[PATHS_MAX];   /* copies, with texts cleaned for display */
	struct path_row *rows;
};

void paths__init(struct paths *paths);
void paths__free(struct paths *paths);
/* Stores a copy in which all texts are cleaned. -E2BIG, -ENOMEM. */
int paths__add(struct paths *paths, const char *name, json_t *doc, struct error *err);

/* The row's label for a table; for people, with a mark where it is decoded. */
void paths__add_label(const struct path_row *row, struct table *table);
/* A line about the mark, if a row has it; `before` goes before the line. */
void paths__note_decoding(const struct paths *paths, const char *before, FILE *out);

/* "1,234" or "1.05", "-" without a figure; for programs "1234.02" or "". */
char *paths__format(const struct path_figure *figure, bool people, char *buf, size_t len);

#endif
