/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A chart in the making, as charts.h describes it: its variables, its files of data, its axes. For the
 * makers of charts alone.
 *
 * Whatever of a result gets into a file of data goes through chart__text(): it is the only place where
 * names are made fit for gnuplot.
 */
#ifndef HVBENCH_CHART_H
#define HVBENCH_CHART_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define MAX_SERIES	8	/* shapes and colours that can be told from each other */
#define MAX_LABEL	48
#define SHORT_LABEL	22
#define LOG_FROM	30	/* largest over smallest: from here on a log scale */

/* Takes the titles. NULL: out of memory. */
json_t *chart__new(const char *group, const char *kind, const char *script, json_t *title, json_t *caption);
void chart__set_number(json_t *chart, const char *name, double value);
void chart__set_text(json_t *chart, const char *name, const char *value);

/*
 * The axis ("x" or "y") of values in `unit` up to `most`. Data is in s, B/s …: on a log scale ticks have SI
 * prefixes; on a linear one they would need digits as well, so that it has one unit, in its label.
 */
void chart__set_axis(json_t *chart, const char *axis, const char *unit, const char *what, double most,
		     bool logarithmic);

/*
 * For characters on which gnuplot or an SVG could act stand others that look like them, so that no name loses
 * any; no longer than `room` characters.
 */
json_t *chart__text(const char *text, size_t room);

/* A parameter's or a configuration key's value as a number; NAN where it is none. */
double chart__number_of(const json_t *value);
/* "64 KiB", "thp": a key's value, fit for gnuplot. */
json_t *chart__value_in_words(const char *key, const json_t *value);

/* Units of result documents: what makes one the SI's, in which files of data are. */
double chart__factor(const char *unit);
bool chart__is_rate(const char *unit);
const char *chart__cost_in_words(const char *unit);
/* "27.1 us" */
json_t *chart__in_words(double value, const char *unit);

/* A file of data: written to `stream` while it is open, then one of `files` (a chart's). */
struct data_file {
	FILE *stream;
	char *bytes;
	size_t len;
};

void data_file__open(struct data_file *f);
void data_file__close(struct data_file *f, json_t *files, const char *name);

/* Names in the order in which they came: an object that holds each one's index. Asking adds it. */
size_t name_index__of(json_t *names, const json_t *name);
const char *name_index__at(const json_t *names, size_t index);

struct range {
	double least, most;
};

void range__stretch(struct range *r, double value, bool positive);

#endif
