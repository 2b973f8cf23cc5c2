/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A chart being built, as charts.h describes it: its variables, its data files, its axes. Only for
 * the makers of charts.
 *
 * Everything from a result that gets into a data file goes through chart__text(), the only place
 * where names are made safe for gnuplot.
 */
#ifndef HVBENCH_CHART_H
#define HVBENCH_CHART_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define MAX_SERIES  8 /* shapes and colours that can be told apart */
#define MAX_LABEL   48
#define SHORT_LABEL 22
#define LOG_FROM \
	30 /* largest over smallest value: from here on the scale is
				 * logarithmic */

/* Takes over the titles. NULL: out of memory. */
json_t *chart__new(const char *group, const char *kind, const char *script, json_t *title,
		   json_t *caption);
void chart__set_number(json_t *chart, const char *name, double value);
void chart__set_text(json_t *chart, const char *name, const char *value);

/*
 * Sets the axis ("x" or "y") for values in `unit` up to `most`. Data is in s, B/s …: on a log scale
 * ticks have SI prefixes. On a linear one they would need digits as well, so one unit for all ticks
 * is put into the label.
 */
void chart__set_axis(json_t *chart, const char *axis, const char *unit, const char *what,
		     double most, bool logarithmic);

/*
 * Replaces characters on which gnuplot or an SVG could act by look-alikes, so that none is missing
 * from a name; at most `room` characters.
 */
json_t *chart__text(const char *text, size_t room);

/* The value of a parameter or a configuration key as a number; NAN if it is not one. */
double chart__number_of(const json_t *value);
/* A key's value as text safe for gnuplot: "64 KiB", "thp". */
json_t *chart__value_in_words(const char *key, const json_t *value);

/* The factor from a unit of result documents to the SI unit used in data files. */
double chart__factor(const char *unit);
bool chart__is_rate(const char *unit);
const char *chart__cost_in_words(const char *unit);
/* Text such as "27.1 us". */
json_t *chart__in_words(double value, const char *unit);

/* A data file: written to `stream` while open, then one of the chart's `files`. */
struct data_file {
	FILE *stream;
	char *bytes;
	size_t len;
};

void data_file__open(struct data_file *f);
void data_file__close(struct data_file *f, json_t *files, const char *name);

/* Names with an index each, in the order in which they came; asking for a new name adds it. */
size_t name_index__of(json_t *names, const json_t *name);
const char *name_index__at(const json_t *names, size_t index);

struct range {
	double least, most;
};

void range__stretch(struct range *r, double value, bool positive);

#endif
