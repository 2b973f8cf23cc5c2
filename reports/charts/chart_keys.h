/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In what the cells of one workload differ: those of its parameters and configuration keys, ring
 * and backend that take several values. Only for the makers of charts.
 */
#ifndef HVBENCH_CHART_KEYS_H
#define HVBENCH_CHART_KEYS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define MAX_KEYS   8
#define MAX_VALUES 128 /* more than any chart has room for */

struct chart_key {
	const char *object; /* "params", "config", or "" for the cell's own fields */
	const char *name;
	json_t *values; /* array of at most MAX_VALUES; ascending if all are numbers, else
				 * in the order found */
	bool whole;	/* every cell has the key */
};

struct chart_keys {
	struct chart_key list[MAX_KEYS];
	size_t nr; /* MAX_KEYS + 1 if there are more than there is room for */
};

/* `cells` are all of one workload, measured or not. */
void chart_keys__find(struct chart_keys *keys, const json_t *cells);
void chart_keys__destroy(struct chart_keys *keys);

/* The index of a value among these; their number if it is not one of them. */
size_t chart_key__index(const json_t *values, const json_t *value);
const json_t *chart_key__value(const struct chart_key *key, const json_t *cell);

/* "delay=400 µs, pages=thp": a cell's values, except that of the key `except`. */
json_t *chart_keys__name(const struct chart_keys *keys, const json_t *cell, const char *except);

#endif
